import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createRequestMetrics } from './request-metrics.ts';

test('Answers are counted by route, method and status, and timed by route; a method that is none is one word', async () => {
  const metrics = createMetrics();
  const observe = createRequestMetrics(metrics);
  for (const durationMs of [2, 200]) observe({ route: 'token', method: 'POST', status: 200, durationMs });
  for (const method of ['BREW', '', 'get']) observe({ route: 'unknown', method, status: 404, durationMs: 0.1 });
  const { body } = await metrics.exposition();
  expect(body.split('\n').filter((line) => line.startsWith('tessera_http_requests_total{'))).toEqual([
    'tessera_http_requests_total{route="token",method="POST",status="200"} 2',
    'tessera_http_requests_total{route="unknown",method="other",status="404"} 3',
  ]);
  expect(body).toContain('tessera_http_request_seconds_bucket{le="0.0025",route="token"} 1');
  expect(body).toContain('tessera_http_request_seconds_sum{route="token"} 0.202');
});
