import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Storage } from '@tessera/contracts';
import { createEventLog, type EventLog } from '@tessera/events';
import type { Logger, Metrics } from '@tessera/telemetry';

/** The event logs of a process, one for each connection to storage. */
export interface EventLogs {
  of(storage: Pick<Storage, 'appendEvent'>): EventLog;
  /** Waits for what is to be written, a few seconds at most. */
  close(): Promise<void>;
}

/** Event logs that are made when first asked for; without an events service in the configuration they do nothing. */
export function createEventLogs(around: {
  readonly config: Pick<TesseraConfig, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): EventLogs {
  const { config, clock, logger, metrics } = around;
  const isOn = config.events !== undefined;
  const dropped = metrics.counter('tessera_events_dropped_total', 'Events that were told and not kept.', ['type']);
  const onDropped = (type: string): void => dropped.add({ type });
  const made = new Map<Pick<Storage, 'appendEvent'>, EventLog>();
  return {
    of(storage) {
      const known = made.get(storage);
      if (known !== undefined) return known;
      const append: Storage['appendEvent'] = (event) => storage.appendEvent(event);
      const created = createEventLog({ append, clock, logger, isOn, onDropped });
      made.set(storage, created);
      return created;
    },
    async close() {
      await Promise.all([...made.values()].map((log) => log.close()));
    },
  };
}
