import type { WaitingEvent } from '@tessera/contracts';

/** How many events to take at a time, so that those in hand stay within some megabytes. */
export interface BatchLimit {
  readonly value: number;
  /** Whether there are likely more behind these: there are as many as were asked for, or they are large. */
  isFilledBy(events: readonly WaitingEvent[]): boolean;
  /** Learns from how large the last events were. */
  taken(events: readonly WaitingEvent[]): void;
  /** Learns that the answer could not be had, perhaps for its size. */
  failed(): void;
}

const MOST_EVENTS = 1_000;
const FEWEST_EVENTS = 8;
const MOST_BYTES = 4 * 1024 * 1024;
/** Storage cuts an answer at about twice this. */
const FULL_BYTES = 512 * 1024;

/** Begins with the most; large events halve it, small ones double it again. */
export function createBatchLimit(): BatchLimit {
  let value = MOST_EVENTS;
  const halve = (): void => {
    value = Math.max(FEWEST_EVENTS, Math.floor(value / 2));
  };
  return {
    get value() {
      return value;
    },
    isFilledBy: (events) => events.length >= value || bytesOf(events) >= FULL_BYTES,
    taken(events) {
      const bytes = bytesOf(events);
      if (bytes > MOST_BYTES) halve();
      else if (bytes < MOST_BYTES / 4) value = Math.min(MOST_EVENTS, value * 2);
    },
    failed: halve,
  };
}

function bytesOf(events: readonly WaitingEvent[]): number {
  return events.reduce((sum, { event }) => sum + event.data.length + event.key.length, 0);
}
