export { type CloudEvent, toCloudEvent } from './cloud-event.ts';
export { createEventLog, type EventLog, type EventLogOptions } from './event-log.ts';
export { type EventData, type EventType, eventSchemas, eventTypes } from './event-schemas.ts';
export { createFakeEventLog, type FakeEventLog, type RecordedEvent } from './fake-event-log.ts';
export { newEvent } from './new-event.ts';
export { eventReference } from './reference.ts';
