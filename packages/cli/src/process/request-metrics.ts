import type { AnswerObserver } from '@tessera/http';
import type { Metrics } from '@tessera/telemetry';

/** From an answer out of memory to one that waited for somebody else as long as a request may. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Methods that are told apart; what else is sent is one word, as anybody may send anything. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times the answers to public requests: `tessera_http_requests_total`, `tessera_http_request_seconds`. */
export function createRequestMetrics(metrics: Metrics): AnswerObserver {
  const requests = metrics.counter('tessera_http_requests_total', 'Public requests that were answered.', [
    'route',
    'method',
    'status',
  ]);
  const durations = metrics.histogram(
    'tessera_http_request_seconds',
    'How long the answer to a public request took.',
    BUCKETS_SECONDS,
    ['route'],
  );
  return ({ route, method, status, durationMs }) => {
    requests.add({ route, method: METHODS.has(method) ? method : 'other', status: String(status) });
    durations.observe({ route }, durationMs / 1000);
  };
}
