import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addSeconds, epochSeconds, systemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const DAY_MS = 24 * 3_600_000;

test('a delay longer than the machine’s timers take is kept all the same', () => {
  let calls = 0;
  systemClock.schedule(60 * DAY_MS, () => {
    calls += 1;
  });
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(calls).toBe(0);
  vi.advanceTimersByTime(1);
  expect(calls).toBe(1);
});

test('a scheduled call can be taken back, also in the second half of a long delay', () => {
  let calls = 0;
  const timer = systemClock.schedule(60 * DAY_MS, () => {
    calls += 1;
  });
  vi.advanceTimersByTime(50 * DAY_MS);
  timer.cancel();
  vi.advanceTimersByTime(50 * DAY_MS);
  expect([calls, vi.getTimerCount()]).toEqual([0, 0]);
});

test('epoch seconds are rounded down, before 1970 as well', () => {
  expect([1999, 2000, -1].map((ms) => epochSeconds(new Date(ms)))).toEqual([1, 2, -1]);
  expect(addSeconds(new Date(500), 1.5)).toEqual(new Date(2000));
});
