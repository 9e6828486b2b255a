import type { SettleEventsRequest, WaitingEvent } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';
import type { EventSink, PublishOutcome } from '../ports.ts';
import type { Lease } from './lease.ts';
import type { OutboxMetrics } from './outbox-metrics.ts';
import { type PreparedEvent, prepareBatch } from './prepare-batch.ts';

/** What publishing needs. */
export interface PublishOptions {
  readonly sink: EventSink;
  readonly lease: Lease;
  readonly logger: Logger;
  readonly metrics: OutboxMetrics;
  /** The issuer. */
  readonly source: string;
  /** Tells storage; rejects as storage does. */
  readonly settle: (request: SettleEventsRequest) => Promise<void>;
}

/**
 * Publishes events in their order, piece by piece, and settles each piece. Resolves early when the lease has ended meanwhile:
 * what is left comes again, to whoever holds its lane. Throws what the sink or storage failed with.
 */
export async function publishBatch(events: readonly WaitingEvent[], options: PublishOptions): Promise<void> {
  const { sink, lease, metrics, settle } = options;
  const { chunks, unreadable } = prepareBatch(events, options.source);
  if (unreadable.length > 0) await settle(park(unreadable, 'its data is not a JSON object', options.logger));
  for (const chunk of chunks) {
    if (!lease.isHeld()) return;
    const outcome = await lease.during(() => sink.publish(chunk.map(({ message }) => message)));
    const published = pick(chunk, outcome.published);
    metrics.published(published.map(({ event }) => event));
    await settle({
      published: published.map(({ position }) => position),
      parked: refusedOf(chunk, outcome, options.logger),
    });
    if ('failure' in outcome) throw outcome.failure;
  }
}

function refusedOf(
  chunk: readonly PreparedEvent[],
  { refused }: PublishOutcome,
  logger: Logger,
): SettleEventsRequest['parked'] {
  return refused.flatMap(({ index, reason }) => park(pick(chunk, [index]), reason, logger).parked);
}

function park(events: readonly WaitingEvent[], reason: string, logger: Logger): SettleEventsRequest {
  for (const { event } of events) {
    logger.error({ event_id: event.id, type: event.type, reason }, 'an event cannot be published and is parked');
  }
  return { published: [], parked: events.map(({ position }) => ({ position, reason })) };
}

function pick<T>(from: readonly T[], places: readonly number[]): T[] {
  return places.flatMap((place) => from.slice(place, place + 1));
}
