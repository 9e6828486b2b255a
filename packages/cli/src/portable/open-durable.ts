import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { type DurableStore, openDurableStore, type SchemaState } from '@tessera/storage';
import { CommandFailure } from '../command-line/failure.ts';
import { processLogger } from '../process/process-logger.ts';
import { notAnswering, READY_TIMEOUT_MS, reachSchema } from './reach-schema.ts';

/** Throws CommandFailure when what the configured store holds ends with its process. */
export function assertOutlivesProcess({ storage }: TesseraConfig): void {
  if (storage.type === 'memory') {
    throw new CommandFailure('storage.type is memory: what it holds ends with its process and cannot be moved.');
  }
  if (storage.type === 'sqlite3' && storage.file === ':memory:') {
    throw new CommandFailure('storage.config.file is :memory:, and what that holds cannot be moved.');
  }
}

/**
 * Runs `work` on the configured durable store, which is there and has the schema of this version; nothing is migrated,
 * and nothing is swept. Throws CommandFailure when it does not answer within 30 s, or is not there, or is behind.
 */
export async function withPresentStore<T>(
  config: TesseraConfig,
  command: string,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  const state = await presentSchema(config, command);
  if (state.applied === 0) throw new CommandFailure(`The ${config.storage.type} storage holds nothing of Tessera.`);
  return withStore(config, command, work);
}

/** How it stands with the schema. Throws CommandFailure when it is behind; a store without any is none. */
export async function presentSchema(config: TesseraConfig, command: string): Promise<SchemaState> {
  const { storage } = config;
  const options = { clock: systemClock, logger: processLogger(config, command) };
  const state = await reachSchema(storage, options, (schema) => schema.check());
  if (state.applied > 0 && state.pending.length > 0) {
    throw new CommandFailure(
      `The schema of the ${storage.type} storage is older than this version of Tessera. Run tessera migrate first.`,
    );
  }
  return state;
}

/** The same on a store that is brought to this version first. */
export async function withMigratedStore<T>(
  config: TesseraConfig,
  command: string,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  const options = { clock: systemClock, logger: processLogger(config, command) };
  await reachSchema(config.storage, options, (schema) => schema.migrate());
  return withStore(config, command, work);
}

/** A copy that lags behind is not asked: nothing may be missing. */
async function withStore<T>(
  config: TesseraConfig,
  command: string,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  const { storage } = config;
  const { replica: _, ...primary } = storage.type === 'postgres' ? storage : { ...storage, replica: undefined };
  const store = await openDurableStore(primary, {
    clock: systemClock,
    logger: processLogger(config, command),
    hasOutbox: config.events !== undefined,
  });
  const givenUp = new AbortController();
  try {
    const late = delay(READY_TIMEOUT_MS, 'late' as const, { signal: givenUp.signal });
    late.catch(() => undefined);
    if ((await Promise.race([store.ready(), late])) === 'late') throw notAnswering(storage, READY_TIMEOUT_MS);
    return await work(store);
  } finally {
    givenUp.abort();
    await store.close();
  }
}
