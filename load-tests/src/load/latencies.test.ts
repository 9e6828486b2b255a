import { expect, test } from 'vitest';
import { createLatencies } from './latencies.ts';

test('A percentile is the latency that this part of the operations did not exceed', () => {
  const latencies = createLatencies();
  expect(latencies.percentile(0.5)).toBe(0);
  for (let ms = 100; ms >= 1; ms -= 1) latencies.add(ms);
  expect([0.5, 0.95, 0.99, 1].map((part) => latencies.percentile(part))).toEqual([50, 95, 99, 100]);
});

test('The collection grows beyond its first size', () => {
  const latencies = createLatencies();
  for (let count = 0; count < 70_000; count += 1) latencies.add(1);
  expect(latencies.count).toBe(70_000);
  expect(latencies.percentile(1)).toBe(1);
});
