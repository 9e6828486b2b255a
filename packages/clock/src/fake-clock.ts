import type { Clock } from './clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due, in order. */
  advance(seconds: number): void;
  /** Moves the wall clock to a moment without running timers, as a clock correction does. */
  set(moment: Date): void;
}

/** A fake clock that starts at `start` (default 2026-01-01T00:00:00Z). */
export function createFakeClock(start = new Date('2026-01-01T00:00:00Z')): FakeClock {
  let nowMs = start.getTime();
  let elapsedMs = 0;
  const timers = new Set<{ dueMs: number; callback: () => void }>();
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => elapsedMs,
    schedule(delayMs, callback) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    set(moment) {
      nowMs = moment.getTime();
    },
    advance(seconds) {
      const endMs = elapsedMs + seconds * 1000;
      for (;;) {
        const next = [...timers].filter((t) => t.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        timers.delete(next);
        nowMs += next.dueMs - elapsedMs;
        elapsedMs = next.dueMs;
        next.callback();
      }
      nowMs += endMs - elapsedMs;
      elapsedMs = endMs;
    },
  };
}
