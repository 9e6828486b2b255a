/** Runs work once for all who ask for the same key while it runs. */
export type SingleFlight<T> = (key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Joins callers with one key: the first starts the work, those who come before it ends get the same outcome, failure
 * included. Nothing is kept afterwards. It holds as many keys as there are calls running.
 */
export function createSingleFlight<T>(): SingleFlight<T> {
  const running = new Map<string, Promise<T>>();
  return (key, work) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const started = work().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
