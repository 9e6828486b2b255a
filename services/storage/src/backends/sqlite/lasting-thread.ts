import type { Clock } from '@tessera/clock';
import { storeUnavailable } from '../../rules/store-errors.ts';
import type { WorkerOptions } from './protocol.ts';
import { type SqliteThread, startSqliteThread } from './thread.ts';

/**
 * A thread that is started again, by the first call that misses it, when it ended by itself: without memory, for one. What
 * was under way in it has failed as `unavailable`. A database in memory ended with its thread and is not begun anew, since
 * that one would know of no code and no token that was used.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export async function startLastingThread(options: WorkerOptions, clock: Clock): Promise<SqliteThread> {
  let thread = await startSqliteThread(options, clock);
  let starting: Promise<void> | undefined;
  let isClosed = false;
  const startAgain = async (): Promise<void> => {
    try {
      thread = await startSqliteThread(options, clock);
    } catch (thrown) {
      throw storeUnavailable('SQLite', thrown);
    } finally {
      starting = undefined;
    }
  };
  return {
    isLost: () => thread.isLost(),
    async run(name, argsNow) {
      if (thread.isLost() && !isClosed && options.file !== ':memory:') {
        starting ??= startAgain();
        await starting;
      }
      return thread.run(name, argsNow);
    },
    async close() {
      isClosed = true;
      await starting?.catch(() => undefined);
      await thread.close();
    },
  };
}
