import { expect, test } from 'vitest';
import { createKeyedQueue } from './keyed-queue.ts';

test('who comes under one key goes one after the other, also after a failure; another key waits for nobody', async () => {
  const queue = createKeyedQueue();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run('a', async () => {
    await gate.promise;
    order.push('first');
    throw new Error('failed');
  });
  const second = queue.run('a', async () => order.push('second'));
  await queue.run('b', async () => order.push('other'));
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(order).toEqual(['other', 'first', 'second']);
});

test('too many under one key are refused, and there is room again when they are done', async () => {
  const queue = createKeyedQueue();
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 1001 }, () => queue.run('a', () => gate.promise));
  await expect(queue.run('a', async () => undefined)).rejects.toMatchObject({ code: 'storage.unavailable' });
  await queue.run('b', async () => undefined);
  gate.resolve();
  await Promise.all(waiting);
  await queue.run('a', async () => undefined);
});
