import type { Clock } from './clock.ts';

/** Waiting that can be ended from outside, for one who does something again and again. */
export interface Pause {
  /** Resolves after so many milliseconds; at once for 0, or when waiting has been ended. */
  for(delayMs: number): Promise<void>;
  /** Whether {@link Pause.end} was called. */
  isEnded(): boolean;
  /** Ends the wait under way and all later ones. */
  end(): void;
}

/** Creates a {@link Pause}. */
export function createPause(clock: Pick<Clock, 'schedule'>): Pause {
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
    isEnded: () => isEnded,
    end() {
      isEnded = true;
      wake?.();
    },
  };
}
