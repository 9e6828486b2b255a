import { storeContended } from './store-errors.ts';

/** Lets the callers of this process who change one thing go one after the other, so that they do not undo each other's tries. */
export interface Turns {
  /**
   * Runs `work` when those who came before with the key have ended, well or not. Rejects with `storage.contended` where a
   * thousand wait already.
   */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** How many wait under one key at most. */
const MAX_WAITING = 1000;

/**
 * Nobody waits yet. Keys are forgotten when their last caller has ended.
 *
 * @param what is changed, for the error.
 */
export function createTurns(what: string): Turns {
  const lines = new Map<string, { length: number; last: Promise<unknown> }>();
  return {
    async take(key, work) {
      const line = lines.get(key) ?? { length: 0, last: Promise.resolve() };
      if (line.length > MAX_WAITING) throw storeContended(what);
      lines.set(key, line);
      line.length += 1;
      const turn = line.last.then(work);
      line.last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.length -= 1;
        if (line.length === 0) lines.delete(key);
      }
    },
  };
}
