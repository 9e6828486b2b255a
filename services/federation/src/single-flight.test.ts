import { expect, test } from 'vitest';
import { createSingleFlight } from './single-flight.ts';

test('Callers with one key share one run, and the next caller starts another', async () => {
  const once = createSingleFlight<number>();
  let runs = 0;
  const turn = Promise.withResolvers<void>();
  const work = async () => {
    runs += 1;
    await turn.promise;
    return runs;
  };
  const both = Promise.all([once('a', work), once('a', work), once('b', work)]);
  turn.resolve();
  expect(await both).toEqual([2, 2, 2]);
  expect(runs).toBe(2);
  expect(await once('a', work)).toBe(3);
});

test('A failure is shared and not kept', async () => {
  const once = createSingleFlight<string>();
  const failing = () => Promise.reject(new Error('down'));
  const outcomes = await Promise.allSettled([once('a', failing), once('a', failing)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await once('a', async () => 'up')).toBe('up');
});
