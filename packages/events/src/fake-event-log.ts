import type { EventLog } from './event-log.ts';
import type { EventType } from './event-schemas.ts';
import { newEvent } from './new-event.ts';

/** An event as a test compares it. */
export interface RecordedEvent {
  readonly type: EventType;
  readonly key: string;
  readonly data: unknown;
}

/** An event log for tests that keeps what it is told, checked as the real one does. */
export interface FakeEventLog extends EventLog {
  /** In the order they were told. */
  readonly recorded: RecordedEvent[];
  /** While set, {@link EventLog.recordDurably} rejects with it and keeps nothing. */
  failure: Error | undefined;
}

/** A fake log with nothing in it. */
export function createFakeEventLog(): FakeEventLog {
  const keep: EventLog['record'] = (type, key, data) => {
    const event = newEvent(type, key, data, new Date(0));
    fake.recorded.push({ type, key, data: JSON.parse(event.data) });
  };
  const fake: FakeEventLog = {
    recorded: [],
    failure: undefined,
    record: keep,
    async recordDurably(type, key, data) {
      if (fake.failure !== undefined) throw fake.failure;
      keep(type, key, data);
    },
    async close() {},
  };
  return fake;
}
