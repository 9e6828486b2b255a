import type { SecurityEvent, StorageEventsApi } from '@tessera/contracts';
import type { OutboxStore } from '../ports.ts';
import { assertEvent } from './accepted-events.ts';
import { runChecked } from './checked-batch.ts';

/** What appending events needs. */
export interface AppendEventsOptions {
  readonly durable: OutboxStore;
  /** Whether events are kept at all. */
  readonly hasOutbox: boolean;
}

/** Puts events into the outbox, one statement for the batch. */
export function createAppendEvents({ durable, hasOutbox }: AppendEventsOptions): StorageEventsApi {
  return {
    appendEvents: (events) =>
      runChecked(events, {
        check: assertEvent,
        async run(accepted) {
          // The same event twice is one event; a statement meets each id once.
          const distinct = new Map<string, SecurityEvent>(accepted.map((event) => [event.id, event]));
          if (hasOutbox) await durable.appendEvents([...distinct.values()]);
          return accepted.map(() => undefined);
        },
      }),
  };
}
