import type { ParkedEvent, SecurityEvent, WaitingEvent } from '@tessera/contracts';
import { laneOf } from '../../rules/lanes.ts';
import type { ColumnValue } from './grant-row.ts';

/** The columns of an event, in the order of {@link eventValues}. */
export const EVENT_COLUMNS = ['event_id', 'lane', 'type', 'event_key', 'time', 'data'] as const;

/** What is read of an event in SQLite and MySQL. Moments are milliseconds since the epoch. */
export interface EventRow {
  readonly position: number;
  readonly event_id: string;
  readonly type: string;
  readonly event_key: string;
  readonly time: number;
  readonly data: string;
  readonly parked_at: number | null;
  readonly parked_reason: string | null;
}

/** The values of {@link EVENT_COLUMNS}. */
export function eventValues({ id, type, key, time, data }: SecurityEvent): ColumnValue[] {
  return [id, laneOf(key), type, key, time.getTime(), data];
}

/** The event of a row. */
export function waitingEventFromRow(row: EventRow): WaitingEvent {
  const { event_id: id, type, event_key: key, data } = row;
  return { position: String(row.position), event: { id, type, key, time: new Date(row.time), data } };
}

/** The event of the row of a parked one. */
export function parkedEventFromRow(row: EventRow): ParkedEvent {
  return { ...waitingEventFromRow(row), parkedAt: new Date(row.parked_at ?? 0), reason: row.parked_reason ?? '' };
}

/** A position as the table counts it; undefined = none this table can have given. */
export function rowOfPosition(position: string): number | undefined {
  const row = /^\d{1,16}$/.test(position) ? Number(position) : 0;
  return Number.isSafeInteger(row) && row > 0 ? row : undefined;
}

/** Positions as the table counts them, without those it cannot have given. */
export function rowsOfPositions(positions: readonly string[]): number[] {
  return positions.map(rowOfPosition).filter((row) => row !== undefined);
}
