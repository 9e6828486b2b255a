import type { DatabaseSync } from 'node:sqlite';
import type { RecordKind, RecordStore } from '../../ports.ts';
import { recordKinds, watchedKinds } from '../../rules/record-kinds.ts';
import { epochMs } from '../sql/grant-row.ts';
import { isRemovable, type StandingRecord, versionAfterWrite } from '../sql/judge-record.ts';
import { type RecordRow, recordFromRow } from '../sql/record-row.ts';
import type { EventWriter } from './outbox.ts';
import type { Synchronous } from './protocol.ts';

/** Counts the revision of a kind up, if it is watched. */
export function createRevisionCounter(database: DatabaseSync): (kind: RecordKind) => void {
  const countUp = database.prepare('UPDATE revisions SET value = value + 1 WHERE kind = ?');
  return (kind) => {
    if (recordKinds[kind].isWatched) countUp.run(kind);
  };
}

/** Records in SQLite. One transaction writes at a time, so each is compared with what stands. */
export function createSqliteRecords(database: DatabaseSync, events: EventWriter): Synchronous<RecordStore> {
  const statements = prepareStatements(database);
  const countUp = createRevisionCounter(database);
  const standing = (kind: RecordKind, id: string) => statements.find.get(kind, id) as RecordRow | undefined;
  const revisions = (): ReadonlyMap<string, number> =>
    new Map(statements.revisions.all().map(({ kind, value }) => [String(kind), Number(value)]));
  return {
    getRecords: (refs, now) =>
      refs.map(({ kind, id }) => {
        const row = standing(kind, id);
        return row === undefined || isOver(row, now) ? undefined : recordFromRow(row);
      }),
    listRecords({ kind, owner, after = '', limit }, now) {
      const page = [after, now.getTime(), limit] as const;
      const rows =
        owner === undefined ? statements.list.all(kind, ...page) : statements.listOwned.all(kind, owner, ...page);
      return {
        revision: revisions().get(kind) ?? 0,
        records: (rows as unknown as RecordRow[]).map(recordFromRow),
      };
    },
    writeRecords: (records, now) =>
      records.map((record) => {
        const { kind, id, body, owner, expiresAt } = record;
        const version = versionAfterWrite(standing(kind, id), record, now);
        if (version === undefined) return undefined;
        statements.put.run(kind, id, version, body, owner ?? null, epochMs(expiresAt));
        countUp(kind);
        events.append(record.events);
        return version;
      }),
    removeRecords: (records, now) =>
      records.map((record) => {
        if (!isRemovable(standing(record.kind, record.id), record, now)) return false;
        statements.remove.run(record.kind, record.id);
        countUp(record.kind);
        events.append(record.events);
        return true;
      }),
    revisions() {
      const present = revisions();
      return Object.fromEntries(watchedKinds.map((kind) => [kind, present.get(kind) ?? 0]));
    },
    deleteExpiredRecords: (before, limit) => Number(statements.deleteExpired.run(before.getTime(), limit).changes),
  };
}

function isOver({ expires_at: expiresAt }: StandingRecord, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now.getTime();
}

function prepareStatements(database: DatabaseSync) {
  const columns = 'kind, id, version, body, owner, expires_at';
  const page = 'id > ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY id LIMIT ?';
  return {
    find: database.prepare(`SELECT ${columns} FROM records WHERE kind = ? AND id = ?`),
    list: database.prepare(`SELECT ${columns} FROM records WHERE kind = ? AND ${page}`),
    listOwned: database.prepare(
      `SELECT ${columns} FROM records INDEXED BY records_owner WHERE kind = ? AND owner = ? AND ${page}`,
    ),
    put: database.prepare(`
      INSERT INTO records (${columns}) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, body = excluded.body, owner = excluded.owner,
        expires_at = excluded.expires_at`),
    remove: database.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
    revisions: database.prepare('SELECT kind, value FROM revisions'),
    deleteExpired: database.prepare(`
      DELETE FROM records WHERE (kind, id) IN (
        SELECT kind, id FROM records WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`),
  };
}
