import { createRequestId, runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createHashPool } from './hash-pool.ts';

function createGate() {
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  return {
    open: () => gate.resolve(),
    most: () => most,
    work: async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return 'done';
    },
  };
}

test('N90: no more hashes run at a time than allowed, and the others follow', async () => {
  const pool = createHashPool({ concurrency: 2, maxQueued: 10 });
  const gate = createGate();
  const all = Promise.all(Array.from({ length: 6 }, () => pool.run(gate.work)));
  gate.open();
  expect(await all).toEqual(Array(6).fill('done'));
  expect(gate.most()).toBe(2);
});

test('N90: a full queue turns callers away with a time to come back', async () => {
  const pool = createHashPool({ concurrency: 1, maxQueued: 64 });
  const gate = createGate();
  const accepted = Array.from({ length: 65 }, () => pool.run(gate.work));
  await expect(pool.run(gate.work)).rejects.toMatchObject({ kind: 'resource_exhausted', retryAfterSeconds: 1 });
  gate.open();
  expect(await Promise.all(accepted)).toHaveLength(65);
  expect(await pool.run(gate.work)).toBe('done');
});

test('A failed hash frees its place', async () => {
  const pool = createHashPool({ concurrency: 1, maxQueued: 1 });
  await expect(pool.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await pool.run(async () => 'next')).toBe('next');
});

test('Nothing is hashed for a caller whose deadline has passed', async () => {
  const pool = createHashPool({ concurrency: 1, maxQueued: 1 });
  let ran = false;
  const late = runInContext({ requestId: createRequestId(), deadlineMs: performance.now() - 1 }, () =>
    pool.run(async () => {
      ran = true;
    }),
  );
  await expect(late).rejects.toMatchObject({ kind: 'deadline_exceeded' });
  expect(ran).toBe(false);
});
