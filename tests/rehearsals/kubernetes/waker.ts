/** Wakes somebody who waits for something to happen. */
export interface Waker {
  wake(): void;
  /** Settles when `wake` was called since the last time this settled, or when the time is over. */
  next(timeoutMs: number): Promise<void>;
}

/** Creates a {@link Waker} for one who waits. */
export function createWaker(): Waker {
  let isDue = false;
  let call = (): void => undefined;
  return {
    wake() {
      isDue = true;
      call();
    },
    async next(timeoutMs) {
      if (!isDue) {
        await new Promise<void>((resolve) => {
          const late = setTimeout(resolve, timeoutMs);
          call = () => {
            clearTimeout(late);
            resolve();
          };
        });
      }
      isDue = false;
    },
  };
}
