import type { SecurityEvent } from '@tessera/contracts';
import type { OutboxStore } from '../../ports.ts';
import type { PostgresDatabase } from './database.ts';
import {
  APPEND_EVENTS,
  appendedColumns,
  BACKLOG,
  LIST_PARKED_EVENTS,
  PARK_EVENTS,
  parkedColumns,
  READ_EVENTS,
  REMOVE_EVENTS,
  UNPARK_ALL_EVENTS,
  UNPARK_EVENTS,
} from './outbox-statements.ts';
import { itemArrays, moment, onlyRow } from './statement.ts';

interface EventRow {
  /** The client gives `bigint` as text. */
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly time: Date;
  readonly data: string;
}

interface ParkedRow extends EventRow {
  readonly parked_at: Date;
  readonly parked_reason: string;
}

interface BacklogRow {
  readonly waiting: number;
  readonly oldest_at: Date | null;
  readonly parked: number;
}

/** More than that is not counted. */
const MAX_COUNTED = 100_000;

/**
 * The outbox in PostgreSQL. A position is drawn while the rows of the change are locked, so of changes that wait for one
 * another the events stand in the order of the commits.
 */
export function createPostgresOutbox(database: PostgresDatabase, hasOutbox: boolean): OutboxStore {
  return {
    async appendEvents(events) {
      if (hasOutbox) await database.query(APPEND_EVENTS, itemArrays(appendedColumns, events));
    },
    async readEvents(lanes, limit, after = '0') {
      if (!isPosition(after)) return [];
      const rows = await database.query<EventRow>(READ_EVENTS, [lanes, limit, after]);
      return rows.map((row) => ({ position: row.position, event: eventFromRow(row) }));
    },
    async removeEvents(positions) {
      await database.query(REMOVE_EVENTS, [positions.filter(isPosition)]);
    },
    async parkEvents(events, now) {
      const known = events.filter(({ position }) => isPosition(position));
      await database.query(PARK_EVENTS, [...itemArrays(parkedColumns, known), moment(now)]);
    },
    async listParkedEvents(limit, after = '0') {
      if (!isPosition(after)) return [];
      const rows = await database.query<ParkedRow>(LIST_PARKED_EVENTS, [after, limit]);
      return rows.map((row) => ({
        position: row.position,
        event: eventFromRow(row),
        parkedAt: row.parked_at,
        reason: row.parked_reason,
      }));
    },
    async unparkEvents(positions) {
      const rows =
        positions === undefined
          ? await database.query<{ readonly unparked: number }>(UNPARK_ALL_EVENTS, [])
          : await database.query<{ readonly unparked: number }>(UNPARK_EVENTS, [positions.filter(isPosition)]);
      return onlyRow(rows).unparked;
    },
    async backlog() {
      const row = onlyRow(await database.query<BacklogRow>(BACKLOG, [MAX_COUNTED]));
      return {
        waiting: row.waiting,
        ...(row.oldest_at === null ? {} : { oldestAt: row.oldest_at }),
        parked: row.parked,
      };
    },
  };
}

/** Whether a text can be a position; others come from elsewhere and mean nothing. */
function isPosition(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}

function eventFromRow({ id, type, key, time, data }: EventRow): SecurityEvent {
  return { id, type, key, time, data };
}
