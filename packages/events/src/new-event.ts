import { randomUUID } from 'node:crypto';
import type { SecurityEvent } from '@tessera/contracts';
import { type EventData, type EventType, eventSchemas } from './event-schemas.ts';

/**
 * Something that happened at `time`, with an id of its own. `key` is what the event is about; events with one key keep
 * their order. Throws ZodError for data that does not fit the type, which is a mistake of the caller.
 */
export function newEvent<T extends EventType>(type: T, key: string, data: EventData<T>, time: Date): SecurityEvent {
  return { id: randomUUID(), type, key, time, data: JSON.stringify(eventSchemas[type].parse(data)) };
}
