import type { Clock } from '@tessera/clock';

/** Waiting that can be ended from outside. */
export interface Pause {
  /** Resolves after so many milliseconds; at once for 0, or when waiting has been ended. */
  for(delayMs: number): Promise<void>;
  /** Ends the wait under way and all later ones. */
  end(): void;
}

/** Creates a {@link Pause}. */
export function createPause(clock: Clock): Pause {
  let isEnded = false;
  let wake: (() => void) | undefined;
  return {
    for(delayMs) {
      if (isEnded || delayMs <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = clock.schedule(delayMs, resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    },
    end() {
      isEnded = true;
      wake?.();
    },
  };
}

/** Waits for work, `delayMs` at most. Rejects as the work does in that time; a later rejection is nobody's. */
export async function within(clock: Clock, delayMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(delayMs, resolve);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}
