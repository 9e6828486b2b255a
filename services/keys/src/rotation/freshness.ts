import type { Clock } from '@tessera/clock';

/** How old it is what a replica knows. */
export interface Freshness {
  /** Begins to ask storage; called once it answered, what is known is as of the beginning. */
  readonly ask: () => () => void;
  /** Since the asking began that was answered last; infinite before. In seconds. */
  readonly ageSeconds: () => number;
  readonly hasAnswer: () => boolean;
}

/** Nothing is known yet. */
export function createFreshness(clock: Clock): Freshness {
  let asked: { readonly atMs: number; readonly monotonicMs: number } | undefined;
  return {
    ask() {
      const asking = { atMs: clock.now().getTime(), monotonicMs: clock.monotonicMs() };
      return () => {
        asked = asking;
      };
    },
    ageSeconds() {
      if (asked === undefined) return Number.POSITIVE_INFINITY;
      // The wall clock may be set back and the monotonic one stands still in suspension: the larger age is the safe one.
      const wallMs = clock.now().getTime() - asked.atMs;
      return Math.max(wallMs, clock.monotonicMs() - asked.monotonicMs) / 1000;
    },
    hasAnswer: () => asked !== undefined,
  };
}
