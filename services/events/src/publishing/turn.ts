import type { SettleEventsRequest, StorageOutboxApi, TakenEvents } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { createBatchLimit } from './batch-limit.ts';
import { type PublishOptions, publishBatch } from './publish-batch.ts';

/** What a turn is made of. */
export interface TurnOptions extends Omit<PublishOptions, 'settle'> {
  readonly storage: StorageOutboxApi;
  /** Called whenever storage has answered. */
  readonly onTaken: () => void;
}

/** How a turn went, and how soon the next one is due. */
export type TurnOutcome =
  | { readonly type: 'worked'; readonly pauseMs: number }
  | { readonly type: 'failed'; readonly error: unknown };

const POLL_MS = 500;
const IDLE_POLL_MS = 1_000;

/** One turn of the publisher: takes events and publishes them. Never rejects. */
export function createTurn(options: TurnOptions): () => Promise<TurnOutcome> {
  const { storage, sink, lease, metrics, onTaken } = options;
  const limit = createBatchLimit();
  let unsettled: SettleEventsRequest | undefined;
  let hasSeenSink = false;
  // What was published and could not be settled is told first of all, or it would be published again.
  const settle = async (request: SettleEventsRequest): Promise<void> => {
    unsettled = request;
    await storage.settleEvents(request);
    unsettled = undefined;
  };
  const take = async (count: number): Promise<TakenEvents> => {
    try {
      return await lease.take(count);
    } catch (error) {
      if (!(error instanceof TesseraError && error.kind === 'unavailable')) limit.failed();
      throw error;
    }
  };
  const work = async (): Promise<number> => {
    if (unsettled !== undefined) await settle(unsettled);
    const { events, backlog } = await take(limit.value);
    onTaken();
    metrics.backlog(backlog);
    const isFull = limit.isFilledBy(events);
    limit.taken(events);
    if (events.length > 0) {
      await publishBatch(events, { ...options, settle });
      hasSeenSink = true;
      return isFull ? 0 : POLL_MS;
    }
    // With nothing to publish yet, the operator learns all the same that nothing could be.
    if (!hasSeenSink) await sink.ready();
    hasSeenSink = true;
    return IDLE_POLL_MS;
  };
  return async () => {
    try {
      return { type: 'worked', pauseMs: await work() };
    } catch (error) {
      return { type: 'failed', error };
    }
  };
}
