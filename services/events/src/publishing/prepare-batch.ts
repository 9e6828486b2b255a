import type { WaitingEvent } from '@tessera/contracts';
import { toCloudEvent } from '@tessera/events';
import type { CloudEventMessage } from '../ports.ts';

/** An event, where it stands in the outbox, and how others will read it. */
export interface PreparedEvent extends WaitingEvent {
  readonly message: CloudEventMessage;
}

/** Events made ready to go out. */
export interface PreparedBatch {
  /** In their order, cut into pieces that are published one after another. */
  readonly chunks: readonly (readonly PreparedEvent[])[];
  /** Those that cannot be written as a CloudEvent. */
  readonly unreadable: readonly WaitingEvent[];
}

/** A broker takes about a megabyte at a time by default; what a crash repeats is one chunk. */
const CHUNK_EVENTS = 250;
const CHUNK_BYTES = 256 * 1024;

/** Turns events into messages of the issuer `source`. */
export function prepareBatch(events: readonly WaitingEvent[], source: string): PreparedBatch {
  const chunks: PreparedEvent[][] = [];
  const unreadable: WaitingEvent[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const waiting of events) {
    const body = bodyOf(waiting, source);
    if (body === undefined) {
      unreadable.push(waiting);
      continue;
    }
    const { id, key } = waiting.event;
    const size = Buffer.byteLength(body);
    let chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length >= CHUNK_EVENTS || bytes + size > CHUNK_BYTES) {
      chunk = [];
      chunks.push(chunk);
      bytes = 0;
    }
    chunk.push({ ...waiting, message: { id, key, body } });
    bytes += size;
  }
  return { chunks, unreadable };
}

function bodyOf({ event }: WaitingEvent, source: string): string | undefined {
  try {
    return JSON.stringify(toCloudEvent(event, source));
  } catch {
    return undefined;
  }
}
