import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { StorageService } from '@tessera/storage';
import { CommandFailure } from '../command-line/failure.ts';
import { processLogger } from '../process/process-logger.ts';

const READY_TIMEOUT_MS = 30_000;

/**
 * Opens the configured stores for one piece of work, brings their tables to this version, and closes them afterwards.
 * Throws CommandFailure when they do not answer within 30 s, and what the storage service throws when they cannot be opened.
 */
export async function withStorage<T>(
  config: TesseraConfig,
  command: string,
  work: (storage: StorageService) => Promise<T>,
): Promise<T> {
  const { createStorageService } = await import('@tessera/storage');
  const storage = await createStorageService({ config, clock: systemClock, logger: processLogger(config, command) });
  try {
    const givenUp = new AbortController();
    const timeout = delay(READY_TIMEOUT_MS, 'late' as const, { signal: givenUp.signal });
    timeout.catch(() => undefined);
    const outcome = await Promise.race([storage.ready(), timeout]);
    givenUp.abort();
    if (outcome === 'late') {
      throw new CommandFailure(`The storage did not answer within ${READY_TIMEOUT_MS / 1000} s.`, { exitCode: 1 });
    }
    return await work(storage);
  } finally {
    await storage.close();
  }
}
