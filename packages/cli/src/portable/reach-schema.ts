import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@tessera/clock';
import type { StorageConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import { openStoreSchema, type StoreSchema } from '@tessera/storage';
import type { Logger } from '@tessera/telemetry';
import { CommandFailure } from '../command-line/failure.ts';

/** How long a command waits for a store, in milliseconds. */
export const READY_TIMEOUT_MS = 30_000;

const RETRY_MS = 500;

/** What the schema of a store is reached with. */
export interface ReachSchemaOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** {@link READY_TIMEOUT_MS} when left out. */
  readonly timeoutMs?: number;
}

/**
 * Looks at the schema of the configured durable store, or brings it up to date; waits for a store that does not answer yet.
 * Throws CommandFailure when it still does not after 30 s, and `storage.cannot_open` when this version cannot use it.
 */
export async function reachSchema<T>(
  config: StorageConfig,
  { clock, logger, timeoutMs = READY_TIMEOUT_MS }: ReachSchemaOptions,
  use: (schema: StoreSchema) => Promise<T>,
): Promise<T> {
  const schema = await openStoreSchema(config, { clock, logger });
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  try {
    for (;;) {
      try {
        return await use(schema);
      } catch (error) {
        if (!(error instanceof TesseraError) || error.kind !== 'unavailable') throw error;
        if (clock.monotonicMs() >= deadlineMs) throw notAnswering(config, timeoutMs, error);
        await delay(RETRY_MS);
      }
    }
  } finally {
    await schema.close();
  }
}

/** The failure for a store that was waited for in vain. */
export function notAnswering({ type }: StorageConfig, timeoutMs: number, error?: TesseraError): CommandFailure {
  const reason = error?.cause instanceof Error && error.cause.message !== '' ? `: ${error.cause.message}` : '';
  return new CommandFailure(`The ${type} storage did not answer within ${timeoutMs / 1000} s${reason}.`, {
    exitCode: 1,
    cause: error,
  });
}
