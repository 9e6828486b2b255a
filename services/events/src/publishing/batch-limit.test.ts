import type { WaitingEvent } from '@tessera/contracts';
import { expect, test } from 'vitest';
import { createBatchLimit } from './batch-limit.ts';

const MEGABYTE = 1024 * 1024;

const ofBytes = (bytes: number): WaitingEvent[] => [
  { position: '1', event: { id: '1', type: 't', key: '', time: new Date(0), data: 'x'.repeat(bytes) } },
];

test('Large events halve what is taken next, small ones double it again, within bounds', () => {
  const limit = createBatchLimit();
  expect(limit.value).toBe(1_000);
  limit.taken(ofBytes(5 * MEGABYTE));
  expect(limit.value).toBe(500);
  limit.taken(ofBytes(2 * MEGABYTE));
  expect(limit.value).toBe(500);
  limit.taken([]);
  limit.taken([]);
  expect(limit.value).toBe(1_000);
});

test('An answer that cannot be had makes the next one smaller, but never empty', () => {
  const limit = createBatchLimit();
  for (let failure = 0; failure < 20; failure += 1) limit.failed();
  expect(limit.value).toBe(8);
});
