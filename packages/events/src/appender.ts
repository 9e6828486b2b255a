import type { Timer } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { EventLogOptions } from './event-log.ts';

/** Writes events one after another in the background. */
export interface Appender {
  /** Lets an event wait for its turn; drops it when too many of its type wait. */
  add(event: SecurityEvent): void;
  /** Counts an event of this type that was not even made. */
  drop(type: string): void;
  /** Resolves when nothing waits. */
  whenEmpty(): Promise<void>;
  /** Gives up what waits. */
  close(): void;
}

/** Most events of a type that wait; an event is some hundred bytes. */
const MAX_WAITING_OF_TYPE = 250;
/** Calls at a time; made together, they travel together. */
const MAX_AT_ONCE = 50;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5000;
/** Least time between two log lines about events that were dropped. */
const QUIET_MS = 60_000;

/**
 * An appender that goes on trying while storage does not answer, with growing delays. An event that storage refuses for
 * itself is dropped. At most one log line a minute says how many were dropped and why.
 */
export function createAppender(options: Omit<EventLogOptions, 'isOn'>): Appender {
  const { append, clock, logger, onDropped } = options;
  let waiting: SecurityEvent[] = [];
  let isWriting = false;
  let isClosed = false;
  let failures = 0;
  let retry: Timer | undefined;
  let whenEmpty = Promise.withResolvers<void>();
  let dropped = { count: 0, err: undefined as unknown };
  let quiet: Timer | undefined;

  const report = (): void => {
    quiet = undefined;
    if (dropped.count === 0) return;
    logger.warn({ dropped: dropped.count, err: dropped.err }, 'events were dropped');
    dropped = { count: 0, err: undefined };
    if (!isClosed) quiet = clock.schedule(QUIET_MS, report);
  };
  const drop = (type: string, err?: unknown): void => {
    onDropped?.(type);
    dropped = { count: dropped.count + 1, err: err ?? dropped.err };
    if (quiet === undefined && !isClosed) report();
  };

  /** Writes the first ones together; those that can be tried again stay in their order. */
  const writeSome = async (): Promise<void> => {
    const some = waiting.slice(0, MAX_AT_ONCE);
    const outcomes = await Promise.allSettled(some.map(async (event) => append(event)));
    const again: SecurityEvent[] = [];
    for (const [position, event] of some.entries()) {
      const outcome = outcomes[position];
      if (outcome?.status !== 'rejected') continue;
      if (isWorthRetrying(outcome.reason)) again.push(event);
      else drop(event.type, outcome.reason);
    }
    waiting = [...again, ...waiting.slice(some.length)];
    failures = again.length === 0 ? 0 : failures + 1;
  };

  const write = async (): Promise<void> => {
    if (isWriting || retry !== undefined) return;
    isWriting = true;
    while (waiting.length > 0 && retry === undefined && !isClosed) {
      await writeSome();
      if (failures > 0 && !isClosed) {
        retry = clock.schedule(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)), () => {
          retry = undefined;
          void write();
        });
      }
    }
    isWriting = false;
    if (waiting.length === 0) whenEmpty.resolve();
  };

  return {
    add(event) {
      if (isClosed) return;
      if (waiting.filter(({ type }) => type === event.type).length >= MAX_WAITING_OF_TYPE) {
        drop(event.type);
        return;
      }
      if (waiting.length === 0) whenEmpty = Promise.withResolvers();
      waiting.push(event);
      void write();
    },
    drop,
    whenEmpty: () => (waiting.length === 0 ? Promise.resolve() : whenEmpty.promise),
    close() {
      isClosed = true;
      retry?.cancel();
      quiet?.cancel();
      for (const { type } of waiting) drop(type);
      waiting = [];
      report();
    },
  };
}

function isWorthRetrying(error: unknown): boolean {
  const { kind } = TesseraError.from(error);
  return kind === 'unavailable' || kind === 'deadline_exceeded' || kind === 'resource_exhausted';
}
