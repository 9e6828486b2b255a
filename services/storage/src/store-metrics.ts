import { TesseraError } from '@tessera/errors';
import type { Metrics } from '@tessera/telemetry';
import type { DurableStore, EphemeralStore } from './ports.ts';

/** From an answer out of memory to one that is given up. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Wraps a store so that its operations are measured. */
export type MeasureStore = <S extends EphemeralStore | DurableStore>(store: S, name: 'durable' | 'ephemeral') => S;

type Operation = (...inputs: readonly unknown[]) => Promise<unknown>;

/**
 * Counts and times what the stores are asked for: `tessera_storage_operations_total`, by `ok` or the kind of the error, and
 * `tessera_storage_operation_seconds`. A batch is one operation. Waiting for a store to be ready, and closing it, are none.
 */
export function createStoreMetrics(metrics: Metrics): MeasureStore {
  const operations = metrics.counter('tessera_storage_operations_total', 'What the stores were asked for.', [
    'store',
    'operation',
    'outcome',
  ]);
  const durations = metrics.histogram(
    'tessera_storage_operation_seconds',
    'How long a store took to answer.',
    BUCKETS_SECONDS,
    ['store'],
  );
  return (store, name) => {
    const measured =
      (operation: string, run: Operation): Operation =>
      async (...inputs) => {
        const startedMs = performance.now();
        let outcome = 'ok';
        try {
          return await run(...inputs);
        } catch (thrown) {
          outcome = TesseraError.from(thrown).kind;
          throw thrown;
        } finally {
          operations.add({ store: name, operation, outcome });
          durations.observe({ store: name }, (performance.now() - startedMs) / 1000);
        }
      };
    const all = Object.entries(store).map(([operation, run]) => [operation, measured(operation, run as Operation)]);
    return { ...Object.fromEntries(all), ready: () => store.ready(), close: () => store.close() } as typeof store;
  };
}
