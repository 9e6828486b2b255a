import { storeUnavailable } from '../../rules/store-errors.ts';

/** Lets those who change one thing go one after the other, so that they do not get in each other's way at the store. */
export interface KeyedQueue {
  /** Runs `work` when all who came before under the key are done. Rejects with `unavailable` where too many wait. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** How many wait under one key at most. */
const MAX_WAITING = 1000;

/** An empty queue. */
export function createKeyedQueue(): KeyedQueue {
  const lines = new Map<string, { length: number; last: Promise<unknown> }>();
  return {
    async run(key, work) {
      const line = lines.get(key) ?? { length: 0, last: Promise.resolve() };
      if (line.length > MAX_WAITING) throw storeUnavailable('etcd');
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
