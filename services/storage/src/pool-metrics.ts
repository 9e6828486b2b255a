import type { Metrics } from '@tessera/telemetry';
import type { PoolObserver } from './backends/postgres/pool.ts';

const MS = 1000;
/** From a connection that is free to a statement that waits as long as it may. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Measures how long statements wait for a connection: `tessera_storage_pool_wait_seconds`. */
export function createPoolMetrics(metrics: Metrics): PoolObserver {
  const waits = metrics.histogram(
    'tessera_storage_pool_wait_seconds',
    'How long statements waited for a connection to the database.',
    BUCKETS_SECONDS,
  );
  return { poolWait: (waitMs) => waits.observe({}, waitMs / MS) };
}
