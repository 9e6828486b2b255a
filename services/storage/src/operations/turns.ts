/** Lets the callers of this process who mean one thing go one after the other, so that they do not undo each other's tries. */
export interface Turns {
  /** Runs `work` when those who came before with the key have ended, well or not. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Nobody waits yet. Keys are forgotten when their last caller has ended. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(key, work) {
      const before = last.get(key) ?? Promise.resolve();
      const turn = before.then(work, work);
      last.set(key, turn);
      try {
        return await turn;
      } finally {
        if (last.get(key) === turn) last.delete(key);
      }
    },
  };
}
