import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Storage } from '@tessera/contracts';
import { createEventLog, type EventLog } from '@tessera/events';
import type { Logger, Metrics } from '@tessera/telemetry';
import { createTellingMetrics } from './telling-metrics.ts';

/** The event logs of a process, one for each connection to storage. */
export interface EventLogs {
  of(storage: Pick<Storage, 'appendEvent'>): EventLog;
  /** The same storage; what is told with a session is counted as what is told to a log. */
  counting<S extends Pick<Storage, 'createSession'>>(storage: S): S;
  /** Waits for what is to be written, a few seconds at most. */
  close(): Promise<void>;
}

/**
 * Event logs that are made when first asked for; without an events service in the configuration nothing is kept. What is
 * told is counted either way.
 */
export function createEventLogs(around: {
  readonly config: Pick<TesseraConfig, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): EventLogs {
  const { config, clock, logger, metrics } = around;
  const isOn = config.events !== undefined;
  const dropped = metrics.counter('tessera_events_dropped_total', 'Events that were told and not kept.', ['type']);
  const counted = createTellingMetrics(metrics);
  const onDropped = (type: string): void => dropped.add({ type });
  const made = new Map<Pick<Storage, 'appendEvent'>, EventLog>();
  return {
    of(storage) {
      const known = made.get(storage);
      if (known !== undefined) return known;
      const append: Storage['appendEvent'] = (event) => storage.appendEvent(event);
      const created = counted.log(createEventLog({ append, clock, logger, isOn, onDropped }));
      made.set(storage, created);
      return created;
    },
    counting: (storage) => counted.sessions(storage),
    async close() {
      await Promise.all([...made.values()].map((log) => log.close()));
    },
  };
}
