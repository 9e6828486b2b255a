import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('callers with one key go one after the other, also after a failure; others do not wait', async () => {
  const turns = createTurns();
  const steps: string[] = [];
  let fail: (reason: Error) => void = () => undefined;
  const first = turns.take('a', () => {
    steps.push('first');
    return new Promise<void>((_, reject) => {
      fail = reject;
    });
  });
  const second = turns.take('a', async () => steps.push('second'));
  const other = turns.take('b', async () => steps.push('other'));
  await other;
  await settle();
  expect(steps).toEqual(['first', 'other']);
  fail(new Error('down'));
  await expect(first).rejects.toThrow('down');
  await second;
  await turns.take('a', async () => steps.push('third'));
  expect(steps).toEqual(['first', 'other', 'second', 'third']);
});
