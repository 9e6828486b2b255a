import { expect, test } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createPause } from './pause.ts';
import { within } from './within.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a pause lasts as long as it was asked for, and no longer than until it is ended', async () => {
  const clock = createFakeClock();
  const pause = createPause(clock);
  const seen: string[] = [];
  void pause.for(1000).then(() => seen.push('first'));
  clock.advance(0.999);
  await settled();
  expect(seen).toEqual([]);
  clock.advance(0.001);
  await settled();
  void pause.for(1000).then(() => seen.push('second'));
  expect(pause.isEnded()).toBe(false);
  pause.end();
  await settled();
  expect([seen, pause.isEnded()]).toEqual([['first', 'second'], true]);
  await pause.for(1000);
});

test('no pause is none', async () => {
  await createPause(createFakeClock()).for(0);
});

test('work is waited for, but not longer than it may take; its failure in time is told', async () => {
  const clock = createFakeClock();
  const work = Promise.withResolvers<void>();
  const waiting = within(clock, 1000, work.promise);
  clock.advance(1);
  await waiting;
  work.reject(new Error('late'));
  await within(clock, 1000, Promise.resolve());
  await expect(within(clock, 1000, Promise.reject(new Error('soon')))).rejects.toThrow('soon');
});
