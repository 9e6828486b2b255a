import type { SecurityEvent } from '@tessera/contracts';
import type { KeyValue } from './protocol.ts';

/** An event as it is kept. */
export interface StoredEvent {
  readonly event: SecurityEvent;
  readonly parked?: { readonly parkedAt: Date; readonly reason: string };
}

interface EventJson extends Omit<SecurityEvent, 'time'> {
  readonly timeMs: number;
  readonly parked?: { readonly atMs: number; readonly reason: string };
}

/** An event as JSON. */
export function eventToJson({ event, parked }: StoredEvent): string {
  const { id, type, key, time, data } = event;
  const json: EventJson = {
    id,
    type,
    key,
    timeMs: time.getTime(),
    data,
    ...(parked === undefined ? {} : { parked: { atMs: parked.parkedAt.getTime(), reason: parked.reason } }),
  };
  return JSON.stringify(json);
}

/** The event of its JSON. */
export function eventFromJson(text: string): StoredEvent {
  const { timeMs, parked, ...rest } = JSON.parse(text) as EventJson;
  return {
    event: { ...rest, time: new Date(timeMs) },
    ...(parked === undefined ? {} : { parked: { parkedAt: new Date(parked.atMs), reason: parked.reason } }),
  };
}

/** Where an event stands: in which revision it came and in which order within that, and the rest of its key. */
export interface EventPlace {
  readonly revision: string;
  /** `<lane>/<ms>/<order>/<id>` */
  readonly rest: string;
}

/** The position of an event; positions are in the order of their text. */
export function positionOf(entry: KeyValue, rest: string): string {
  const [, , order = ''] = rest.split('/');
  return `${entry.create_revision.padStart(20, '0')}.${order}.${rest}`;
}

const POSITION = /^(\d{20})\.\d{3}\.(\d{2}\/\d{20}\/\d{3}\/(.+))$/s;

/** The place and the id in a position; undefined when it is none of this store. */
export function parsePosition(position: string): (EventPlace & { readonly id: string }) | undefined {
  const [, revision, rest, id] = POSITION.exec(position) ?? [];
  if (revision === undefined || rest === undefined || id === undefined) return undefined;
  return { revision: revision.replace(/^0+(?=\d)/, ''), rest, id };
}
