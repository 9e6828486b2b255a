import { expect, test } from 'vitest';
import { createCallLimit } from './call-limit.ts';

function held() {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { work: () => promise, release: () => resolve('done') };
}

test('N47: calls to one host are bounded, those too many are refused at once, and others go on', async () => {
  const limit = createCallLimit({ perHost: 2, total: 10 });
  const slow = held();
  const running = [limit('a.example', slow.work), limit('a.example', slow.work)];
  await expect(limit('a.example', slow.work)).rejects.toMatchObject({ problem: 'too-many' });
  expect(await limit('b.example', async () => 'other')).toBe('other');
  slow.release();
  expect(await Promise.all(running)).toEqual(['done', 'done']);
  expect(await limit('a.example', async () => 'again')).toBe('again');
});

test('N47: calls to all hosts together are bounded, and a failed one makes room as well', async () => {
  const limit = createCallLimit({ perHost: 5, total: 1 });
  const slow = held();
  const running = limit('a.example', slow.work);
  await expect(limit('b.example', async () => 'no')).rejects.toMatchObject({ problem: 'too-many' });
  slow.release();
  await running;
  await expect(limit('b.example', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await limit('c.example', async () => 'yes')).toBe('yes');
});
