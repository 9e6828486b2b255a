import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('callers with one key go one after the other, also after a failure; others do not wait', async () => {
  const turns = createTurns('it');
  const steps: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take('a', () => {
    steps.push('first');
    return gate.promise;
  });
  const second = turns.take('a', async () => steps.push('second'));
  await turns.take('b', async () => steps.push('other'));
  await settle();
  expect(steps).toEqual(['first', 'other']);
  gate.reject(new Error('down'));
  await expect(first).rejects.toThrow('down');
  await second;
  await turns.take('a', async () => steps.push('third'));
  expect(steps).toEqual(['first', 'other', 'second', 'third']);
});

test('too many under one key are refused, and there is room again when they are done', async () => {
  const turns = createTurns('it');
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 1001 }, () => turns.take('a', () => gate.promise));
  await expect(turns.take('a', async () => undefined)).rejects.toMatchObject({ code: 'storage.contended' });
  await turns.take('b', async () => undefined);
  gate.resolve();
  await Promise.all(waiting);
  await turns.take('a', async () => undefined);
});
