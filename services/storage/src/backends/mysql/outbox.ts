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
import type { MysqlDatabase } from './database.ts';
import type { MysqlTransaction } from './session.ts';
import { tuples, within } from './statement.ts';

/** Writes events, within the transaction of the change they tell of. */
export interface EventWriter {
  /** No round trip for none, else one. */
  append(transaction: MysqlTransaction, events: readonly SecurityEvent[]): Promise<void>;
}

/** @param hasOutbox whether events are kept at all. */
export function createEventWriter(hasOutbox: boolean): EventWriter {
  return {
    async append(transaction, events) {
      if (!hasOutbox || events.length === 0) return;
      const rows = tuples(events.map(eventValues));
      await transaction.change(
        `INSERT INTO tessera_outbox (${EVENT_COLUMNS.join(', ')}) VALUES ${rows.sql}
         ON DUPLICATE KEY UPDATE event_id = tessera_outbox.event_id`,
        rows.values,
      );
    },
  };
}

interface MysqlEventRow extends Omit<EventRow, 'event_id' | 'event_key'> {
  readonly event_id: Buffer;
  readonly event_key: Buffer;
}

function eventRow(row: MysqlEventRow): EventRow {
  return { ...row, event_id: row.event_id.toString(), event_key: row.event_key.toString() };
}

const COLUMNS = 'position, event_id, type, event_key, time, data, parked_at, parked_reason';
const MOST_COUNTED = 100_000;

/**
 * The outbox in MySQL. Positions are numbers of AUTO_INCREMENT, which InnoDB gives when a row is inserted and not when it is
 * committed: of two transactions at the same time the one with the lower number may commit last. What happened to one grant
 * or record is in order all the same, since its row is locked from before the number is given until the commit. So is
 * whatever followed on something else: its number is given after the commit of that. Numbers are not given twice.
 */
export function createMysqlOutbox(database: MysqlDatabase, events: EventWriter): OutboxStore {
  return {
    /** Three round trips. */
    async appendEvents(appended) {
      if (appended.length > 0)
        await database.write('append_events', (transaction) => events.append(transaction, appended));
    },
    async readEvents(lanes, limit, after = '') {
      if (lanes.length === 0) return [];
      const condition = within('lane', lanes);
      const rows = await database.read('read_events', (session) =>
        session.rows<MysqlEventRow>(
          `SELECT ${COLUMNS} FROM tessera_outbox FORCE INDEX (waiting)
           WHERE parked_at IS NULL AND ${condition.sql} AND position > ? ORDER BY position LIMIT ?`,
          [...condition.values, rowOfPosition(after) ?? 0, limit],
        ),
      );
      return rows.map((row) => waitingEventFromRow(eventRow(row)));
    },
    async removeEvents(positions) {
      const rows = rowsOfPositions(positions);
      if (rows.length === 0) return;
      const condition = within('position', rows);
      await database.read('remove_events', (session) =>
        session.change(`DELETE FROM tessera_outbox WHERE ${condition.sql}`, condition.values),
      );
    },
    /** A round trip for each event: they are few. */
    async parkEvents(parked, now) {
      await database.write('park_events', async (transaction) => {
        for (const { position, reason } of parked) {
          await transaction.change(
            'UPDATE tessera_outbox SET parked_at = ?, parked_reason = ? WHERE position = ? AND parked_at IS NULL',
            [now.getTime(), reason, rowOfPosition(position) ?? 0],
          );
        }
      });
    },
    async listParkedEvents(limit, after = '') {
      const rows = await database.read('list_parked_events', (session) =>
        session.rows<MysqlEventRow>(
          `SELECT ${COLUMNS} FROM tessera_outbox
           WHERE parked_at IS NOT NULL AND position > ? ORDER BY position LIMIT ?`,
          [rowOfPosition(after) ?? 0, limit],
        ),
      );
      return rows.map((row) => parkedEventFromRow(eventRow(row)));
    },
    async unparkEvents(positions) {
      const rows = positions === undefined ? undefined : rowsOfPositions(positions);
      if (rows?.length === 0) return 0;
      const condition = rows === undefined ? { sql: 'true', values: [] } : within('position', rows);
      return database.read('unpark_events', (session) =>
        session.change(
          `UPDATE tessera_outbox SET parked_at = NULL, parked_reason = NULL
           WHERE parked_at IS NOT NULL AND ${condition.sql}`,
          condition.values,
        ),
      );
    },
    async backlog() {
      const [row] = await database.read('backlog', (session) =>
        session.rows<{ readonly waiting: number; readonly parked: number; readonly oldest: number | null }>(`
          SELECT (SELECT COUNT(*) FROM (
              SELECT 1 FROM tessera_outbox WHERE parked_at IS NULL LIMIT ${MOST_COUNTED}) AS counted) AS waiting,
            (SELECT COUNT(*) FROM tessera_outbox WHERE parked_at IS NOT NULL) AS parked,
            (SELECT time FROM tessera_outbox WHERE parked_at IS NULL ORDER BY position LIMIT 1) AS oldest`),
      );
      const { waiting = 0, parked = 0, oldest = null } = row ?? {};
      return { waiting, parked, ...(oldest === null ? {} : { oldestAt: new Date(oldest) }) };
    },
  };
}
