import { TesseraError } from '@tessera/errors';
import type { RpcBinding } from '@tessera/rpc';
import type { Metrics } from '@tessera/telemetry';

/** Wraps bindings so that their calls are measured. */
export type MeasureBindings = (bindings: readonly RpcBinding[]) => readonly RpcBinding[];

type Method = RpcBinding['methods'][string];

/** From an answer out of memory to a call that waits for a change. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30];

/**
 * Counts and times the calls of other processes: `tessera_rpc_calls_total`, by `ok` or the kind of the error, and
 * `tessera_rpc_call_seconds`. A call carries a whole batch, whose items may fail while it does not.
 */
export function createCallMetrics(metrics: Metrics): MeasureBindings {
  const calls = metrics.counter('tessera_rpc_calls_total', 'Calls of other processes that were answered.', [
    'method',
    'outcome',
  ]);
  const durations = metrics.histogram(
    'tessera_rpc_call_seconds',
    'How long the answer to another process took.',
    BUCKETS_SECONDS,
    ['method'],
  );
  const measured =
    (method: string, work: Method): Method =>
    async (request) => {
      const startedMs = performance.now();
      let outcome = 'ok';
      try {
        return await work(request);
      } catch (thrown) {
        outcome = TesseraError.from(thrown).kind;
        throw thrown;
      } finally {
        calls.add({ method, outcome });
        durations.observe({ method }, (performance.now() - startedMs) / 1000);
      }
    };
  return (bindings) =>
    bindings.map((binding) => {
      const methods = Object.entries(binding.methods).map(([name, work]): [string, Method] => {
        const path = binding.definition[name]?.path.slice(1) ?? name;
        return [name, measured(path, work)];
      });
      return { ...binding, methods: Object.fromEntries(methods) };
    });
}
