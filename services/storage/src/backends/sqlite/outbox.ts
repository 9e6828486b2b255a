import type { DatabaseSync } from 'node:sqlite';
import type { SecurityEvent } from '@tessera/contracts';
import type { OutboxStore } from '../../ports.ts';
import {
  EVENT_COLUMNS,
  type EventRow,
  eventValues,
  parkedEventFromRow,
  rowOfPosition,
  rowsOfPositions,
  waitingEventFromRow,
} from '../sql/event-row.ts';
import type { Synchronous } from './protocol.ts';

/** Writes events, within the transaction of the change they tell of. */
export interface EventWriter {
  append(events: readonly SecurityEvent[]): void;
}

/** @param hasOutbox whether events are kept at all. */
export function createEventWriter(database: DatabaseSync, hasOutbox: boolean): EventWriter {
  const insert = database.prepare(`
    INSERT INTO outbox (${EVENT_COLUMNS.join(', ')}) VALUES (${EVENT_COLUMNS.map(() => '?').join(', ')})
    ON CONFLICT (event_id) DO NOTHING`);
  return {
    append(events) {
      if (hasOutbox) for (const event of events) insert.run(...eventValues(event));
    },
  };
}

const MOST_COUNTED = 100_000;

/**
 * The outbox in SQLite. Its rows are numbered in the order of the transactions, since one writes at a time, and a number is
 * not given again after its row was removed, so that a late settlement meets no other event.
 */
export function createSqliteOutbox(database: DatabaseSync, events: EventWriter): Synchronous<OutboxStore> {
  const remove = database.prepare('DELETE FROM outbox WHERE position = ?');
  const park = database.prepare(
    'UPDATE outbox SET parked_at = ?, parked_reason = ? WHERE position = ? AND parked_at IS NULL',
  );
  const listParked = database.prepare(
    'SELECT * FROM outbox WHERE parked_at IS NOT NULL AND position > ? ORDER BY position LIMIT ?',
  );
  const unparked = 'UPDATE outbox SET parked_at = NULL, parked_reason = NULL WHERE parked_at IS NOT NULL';
  const unparkAll = database.prepare(unparked);
  const unpark = database.prepare(`${unparked} AND position = ?`);
  const read = database.prepare(`
    SELECT * FROM outbox WHERE parked_at IS NULL AND lane IN (SELECT value FROM json_each(?)) AND position > ?
    ORDER BY position LIMIT ?`);
  const counts = database.prepare(`
    SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE parked_at IS NULL LIMIT ${MOST_COUNTED})) AS waiting,
      (SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL) AS parked,
      (SELECT time FROM outbox WHERE parked_at IS NULL ORDER BY position LIMIT 1) AS oldest`);
  return {
    appendEvents: (appended) => events.append(appended),
    readEvents: (lanes, limit, after) =>
      (read.all(JSON.stringify(lanes), rowOfPosition(after ?? '') ?? 0, limit) as unknown as EventRow[]).map(
        waitingEventFromRow,
      ),
    removeEvents(positions) {
      for (const row of rowsOfPositions(positions)) remove.run(row);
    },
    parkEvents(parked, now) {
      for (const { position, reason } of parked) park.run(now.getTime(), reason, rowOfPosition(position) ?? 0);
    },
    listParkedEvents: (limit, after) =>
      (listParked.all(rowOfPosition(after ?? '') ?? 0, limit) as unknown as EventRow[]).map(parkedEventFromRow),
    unparkEvents(positions) {
      if (positions === undefined) return Number(unparkAll.run().changes);
      return rowsOfPositions(positions).reduce((count, row) => count + Number(unpark.run(row).changes), 0);
    },
    backlog() {
      const { waiting, parked, oldest } = counts.get() as { waiting: number; parked: number; oldest: number | null };
      return { waiting, parked, ...(oldest === null ? {} : { oldestAt: new Date(oldest) }) };
    },
  };
}
