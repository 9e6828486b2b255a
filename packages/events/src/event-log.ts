import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, within } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';
import { createAppender } from './appender.ts';
import type { EventData, EventType } from './event-schemas.ts';
import { createFloodGate } from './flood-gate.ts';
import { newEvent } from './new-event.ts';

/** Where a service tells what happened. Without a place for events nothing is done. */
export interface EventLog {
  /**
   * Tells what no answer promises, off the request's path. Of a type 50 a second are kept, of a key 10; the rest, and what
   * waits while storage does not answer for long, is dropped and counted. Throws ZodError for data that does not fit the type.
   */
  record<T extends EventType>(type: T, key: string, data: EventData<T>): void;
  /**
   * Tells what an answer promises: durable when it resolves. Rejects with whatever storage throws, and then the answer must
   * not be given. Repeated by the caller after that, the event may be there twice, with two ids.
   */
  recordDurably<T extends EventType>(type: T, key: string, data: EventData<T>): Promise<void>;
  /** Waits for what is to be written, a few seconds at most. What is recorded afterwards may be lost. */
  close(): Promise<void>;
}

/** What an event log is made of. */
export interface EventLogOptions {
  /** Keeps an event: durable when it resolves, and the same event again changes nothing. */
  readonly append: (event: SecurityEvent) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether there is a place for events; when not, nothing is called and nothing waits. */
  readonly isOn: boolean;
  /** Called for each event that is told and will never be kept. */
  readonly onDropped?: (type: string) => void;
}

/** Longest time that {@link EventLog.close} waits. */
const CLOSE_MS = 2000;

/** An event log over storage. */
export function createEventLog(options: EventLogOptions): EventLog {
  const { append, clock, isOn } = options;
  if (!isOn) return silentEventLog;
  const appender = createAppender(options);
  const gate = createFloodGate(clock);
  // Work of a request ends with its deadline; what is written behind its back must not.
  const outside = AsyncLocalStorage.snapshot();
  return {
    record(type, key, data) {
      if (!gate.admits(type, key)) {
        appender.drop(type);
        return;
      }
      const event = newEvent(type, key, data, clock.now());
      outside(() => appender.add(event));
    },
    async recordDurably(type, key, data) {
      await append(newEvent(type, key, data, clock.now()));
    },
    async close() {
      await within(clock, CLOSE_MS, appender.whenEmpty());
      appender.close();
    },
  };
}

const silentEventLog: EventLog = {
  record() {},
  async recordDurably() {},
  async close() {},
};
