import { expect, test } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

test('a fake clock runs timers in order of their due time, each at its own moment', () => {
  const clock = createFakeClock(new Date('2026-01-01T00:00:00Z'));
  const seen: string[] = [];
  clock.schedule(2000, () => seen.push(`b ${clock.now().toISOString()}`));
  clock.schedule(1000, () => {
    seen.push(`a ${clock.now().toISOString()}`);
    clock.schedule(500, () => seen.push('nested'));
  });
  const cancelled = clock.schedule(1500, () => seen.push('never'));
  cancelled.cancel();
  clock.advance(3);
  expect(seen).toEqual(['a 2026-01-01T00:00:01.000Z', 'nested', 'b 2026-01-01T00:00:02.000Z']);
  expect(clock.monotonicMs()).toBe(3000);
});

test('a delay in the past is no delay, and never takes the clock back', () => {
  const clock = createFakeClock();
  const seen: number[] = [];
  clock.advance(5);
  clock.schedule(-2000, () => seen.push(clock.monotonicMs()));
  clock.advance(0);
  expect(seen).toEqual([5000]);
});
