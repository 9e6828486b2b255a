import { expect, test } from 'vitest';
import { createMetrics, noMetrics } from './metrics.ts';

const lines = async (metrics: ReturnType<typeof createMetrics>, prefix: string): Promise<string[]> =>
  (await metrics.exposition()).body.split('\n').filter((line) => line.startsWith(prefix));

test('A counter counts for each label, and only upwards', async () => {
  const metrics = createMetrics();
  const counter = metrics.counter('tessera_signs_total', 'Signatures.', ['algorithm']);
  counter.add({ algorithm: 'ES256' });
  counter.add({ algorithm: 'ES256' }, 2);
  counter.add({ algorithm: 'RS256' });
  expect(await lines(metrics, 'tessera_signs_total{')).toEqual([
    'tessera_signs_total{algorithm="ES256"} 3',
    'tessera_signs_total{algorithm="RS256"} 1',
  ]);
  expect(() => counter.add({ algorithm: 'ES256' }, -1)).toThrow();
});

test('A histogram counts each measurement in every bucket that it fits', async () => {
  const metrics = createMetrics();
  const histogram = metrics.histogram('tessera_wait_seconds', 'Waiting.', [0.1, 1]);
  histogram.observe({}, 0.05);
  histogram.observe({}, 0.5);
  expect(await lines(metrics, 'tessera_wait_seconds_')).toEqual([
    'tessera_wait_seconds_bucket{le="0.1"} 1',
    'tessera_wait_seconds_bucket{le="1"} 2',
    'tessera_wait_seconds_bucket{le="+Inf"} 2',
    'tessera_wait_seconds_sum 0.55',
    'tessera_wait_seconds_count 2',
  ]);
});

test('A gauge is set, or read whenever somebody looks', async () => {
  const metrics = createMetrics();
  let size = 1;
  metrics.gauge('tessera_size', 'Size.', () => size);
  const held = metrics.gauge('tessera_held', 'Held.');
  expect(await lines(metrics, 'tessera_')).toEqual(['tessera_size 1', 'tessera_held 0']);
  size = 7;
  held.set(3);
  expect(await lines(metrics, 'tessera_')).toEqual(['tessera_size 7', 'tessera_held 3']);
});

test('The exposition is Prometheus text, with what every process tells of itself', async () => {
  const { contentType, body } = await createMetrics().exposition();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const name of ['nodejs_eventloop_lag_seconds', 'process_resident_memory_bytes', 'process_cpu_seconds_total']) {
    expect(body).toMatch(new RegExp(`^${name} [0-9.e-]+$`, 'm'));
  }
});

test('Two processes in one measure apart, but a name is used once', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.counter('tessera_things_total', 'Things.').add({});
  other.counter('tessera_things_total', 'Things.');
  expect(await lines(other, 'tessera_things_total')).toEqual(['tessera_things_total 0']);
  expect(() => one.counter('tessera_things_total', 'Things.')).toThrow('already been registered');
});

test('No metrics measure nothing', async () => {
  noMetrics.counter('tessera_a_total', 'A.').add({});
  noMetrics.histogram('tessera_b_seconds', 'B.', [1]).observe({}, 1);
  noMetrics.gauge('tessera_c', 'C.', () => expect.unreachable()).set(1);
  expect((await noMetrics.exposition()).body).toBe('');
});
