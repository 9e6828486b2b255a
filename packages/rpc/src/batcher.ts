import { type Context, context as tracing } from '@opentelemetry/api';
import { TesseraError } from '@tessera/errors';
import { currentContext, runInContext, type WorkContext, withSpan } from '@tessera/telemetry';

/** The result of one item of a batch. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: TesseraError };

/** A successful outcome. */
export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** A failed outcome; any thrown value is made a TesseraError. */
export function failed(thrown: unknown): { readonly ok: false; readonly error: TesseraError } {
  return { ok: false, error: TesseraError.from(thrown) };
}

/** What a batcher is made of. */
export interface BatcherOptions<Q, S> {
  /** What one item asks for, e.g. `storage.rotateRefreshToken`: the name of its span. */
  readonly name: string;
  /** Sends many items at once and returns as many outcomes, in order. A throw fails every item of the batch. */
  readonly send: (items: readonly Q[]) => Promise<readonly Outcome<S>[]>;
  /** Most items in one batch. Default 64. */
  readonly maxItems?: number;
  /** Most batches under way; beyond, items wait and join the next. Default 4. */
  readonly maxInFlight?: number;
  /** Most items waiting; beyond, `resource_exhausted`. Default 4096. Items under way do not count. */
  readonly maxQueued?: number;
}

interface Waiting<Q, S> {
  readonly item: Q;
  readonly context: WorkContext | undefined;
  /** The caller's span. */
  readonly trace: Context;
  readonly resolve: (value: S) => void;
  readonly reject: (error: TesseraError) => void;
}

/**
 * Joins the calls made within one turn of the event loop into one request. There is no timer: a lone call leaves in the
 * turn it was made in. While `maxInFlight` requests are under way, further calls gather, so that batches grow with load.
 */
export function createBatcher<Q, S>(options: BatcherOptions<Q, S>): (item: Q) => Promise<S> {
  const { name, send, maxItems = 64, maxInFlight = 4, maxQueued = 4096 } = options;
  let queue: Waiting<Q, S>[] = [];
  let inFlight = 0;
  let isScheduled = false;

  const flush = (): void => {
    isScheduled = false;
    while (queue.length > 0 && inFlight < maxInFlight) {
      const batch = queue.slice(0, maxItems).filter(isStillWanted);
      queue = queue.slice(maxItems);
      if (batch.length === 0) continue;
      inFlight += 1;
      void deliver(batch).finally(() => {
        inFlight -= 1;
        if (queue.length > 0) schedule();
      });
    }
  };

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  };

  const deliver = async (batch: readonly Waiting<Q, S>[]): Promise<void> => {
    try {
      const items = batch.map((waiting) => waiting.item);
      const outcomes = await tracing.with(batch[0]?.trace ?? tracing.active(), () =>
        runInContext(batchContext(batch), () => send(items)),
      );
      for (const [position, waiting] of batch.entries()) {
        const outcome = outcomes[position] ?? failed(new Error('batch answered short'));
        if (outcome.ok) waiting.resolve(outcome.value);
        else waiting.reject(outcome.error);
      }
    } catch (thrown) {
      const error = TesseraError.from(thrown);
      for (const waiting of batch) waiting.reject(error);
    }
  };

  const enqueue = (item: Q): Promise<S> =>
    new Promise<S>((resolve, reject) => {
      if (queue.length >= maxQueued) {
        reject(
          new TesseraError({
            kind: 'resource_exhausted',
            code: 'rpc.queue_full',
            message: 'too many calls are waiting',
          }),
        );
        return;
      }
      queue.push({ item, context: currentContext(), trace: tracing.active(), resolve, reject });
      schedule();
    });
  return (item) => withSpan({ name, role: 'internal' }, () => enqueue(item));
}

/** A caller whose time ran out in the queue is told so, and its item is not sent. */
function isStillWanted(waiting: Pick<Waiting<unknown, unknown>, 'context' | 'reject'>): boolean {
  const deadlineMs = waiting.context?.deadlineMs;
  if (deadlineMs === undefined || deadlineMs > performance.now()) return true;
  waiting.reject(
    new TesseraError({
      kind: 'deadline_exceeded',
      code: 'rpc.deadline_exceeded',
      message: 'waited too long for a batch',
    }),
  );
  return false;
}

/** A batch waits as long as the most patient of its callers, and is logged and traced under the first one's request. */
function batchContext(batch: readonly { readonly context: WorkContext | undefined }[]): WorkContext {
  const requestId = batch[0]?.context?.requestId ?? 'batch-of-none';
  let deadlineMs = 0;
  for (const { context } of batch) {
    if (context?.deadlineMs === undefined) return { requestId };
    deadlineMs = Math.max(deadlineMs, context.deadlineMs);
  }
  return { requestId, deadlineMs };
}
