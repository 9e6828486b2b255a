import type { Clock } from '@tessera/clock';
import type { OutboxBacklog, SecurityEvent } from '@tessera/contracts';
import { eventTypes } from '@tessera/events';
import type { Metrics } from '@tessera/telemetry';

/** What is measured of the outbox. */
export interface OutboxMetrics {
  /** How much waited at the last look, in the whole outbox. */
  backlog(backlog: OutboxBacklog): void;
  published(events: readonly SecurityEvent[]): void;
}

/** Registers what is measured of the outbox. */
export function createOutboxMetrics(metrics: Metrics, clock: Clock): OutboxMetrics {
  let oldestAt: Date | undefined;
  const waiting = metrics.gauge('tessera_outbox_waiting', 'Events that wait to be published, 100,000 at most.');
  const parked = metrics.gauge('tessera_outbox_parked', 'Events kept aside because they were refused for themselves.');
  metrics.gauge('tessera_outbox_oldest_seconds', 'Age of the oldest event that waits; 0 when none does.', () =>
    oldestAt === undefined ? 0 : Math.max(0, (clock.now().getTime() - oldestAt.getTime()) / 1000),
  );
  const published = metrics.counter('tessera_events_published_total', 'Events that this process published.', ['type']);
  const known = new Set<string>(eventTypes);
  return {
    backlog(backlog) {
      oldestAt = backlog.oldestAt;
      waiting.set(backlog.waiting);
      parked.set(backlog.parked);
    },
    published(events) {
      for (const { type } of events) published.add({ type: known.has(type) ? type : 'other' });
    },
  };
}
