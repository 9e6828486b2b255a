import type { SecurityEvent } from '@tessera/contracts';
import { laneOf } from '../../rules/lanes.ts';
import { eventToJson } from './event-value.ts';
import type { Keyspace } from './keyspace.ts';
import type { RequestOp } from './protocol.ts';
import { isAbsent, only, put } from './steps.ts';

/** Steps that put events into the outbox, for the transaction of the change they tell of; none where none are kept. */
export type EventSteps = (events: readonly SecurityEvent[]) => readonly RequestOp[];

/** @param hasOutbox whether events are kept at all */
export function createEventSteps(keys: Keyspace, hasOutbox: boolean): EventSteps {
  return (events) => {
    if (!hasOutbox) return [];
    // A transaction must not put a key twice.
    const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
    return distinct.map((event, index) => {
      const order = String(index).padStart(3, '0');
      const key = keys.lane(laneOf(event.key)).key(event.time.getTime(), order, event.id);
      const id = keys.eventIds.key(event.id);
      return only([isAbsent(id)], [put(id), put(key, eventToJson({ event }))]);
    });
  };
}
