import type { Clock } from '@tessera/clock';
import type { RecordKind, RecordStore, RecordToWrite } from '../../ports.ts';
import { recordKinds, watchedKinds } from '../../rules/record-kinds.ts';
import { epochMs } from '../sql/grant-row.ts';
import { isRemovable, type StandingRecord, versionAfterWrite } from '../sql/judge-record.ts';
import { type RecordRow, recordFromRow } from '../sql/record-row.ts';
import type { MysqlDatabase } from './database.ts';
import type { EventWriter } from './outbox.ts';
import type { MysqlSession, MysqlTransaction } from './session.ts';
import { repeated, within } from './statement.ts';
import { deleteInTurn } from './sweep-turn.ts';

interface Reference {
  readonly kind: RecordKind;
  readonly id: string;
}

interface MysqlRecordRow extends Omit<RecordRow, 'id' | 'owner'> {
  readonly id: Buffer;
  readonly owner: Buffer | null;
}

/** What records in MySQL need. */
export interface MysqlRecordsOptions {
  readonly database: MysqlDatabase;
  readonly clock: Clock;
  readonly events: EventWriter;
}

/**
 * Records in MySQL, under READ COMMITTED. A change counts the revision of its kind up, which makes writers of a watched kind
 * wait for one another, locks its rows in the order of their keys, compares and writes. A record that is not there cannot be
 * locked: of those who insert it at once all but one meet a duplicate key, and begin anew.
 */
export function createMysqlRecords({ database, clock, events }: MysqlRecordsOptions): RecordStore {
  return {
    /** One round trip. */
    getRecords: (refs) =>
      database.read('get_records', async (session) => {
        const nowMs = clock.now().getTime();
        const found = await recordsByKey(session, refs, '');
        return refs.map((ref) => {
          const row = found.get(keyOf(ref));
          return row === undefined || (row.expires_at ?? Number.POSITIVE_INFINITY) <= nowMs ? undefined : recordOf(row);
        });
      }),
    /** Four round trips for one record; one more for a watched kind, and one for events. */
    writeRecords: (records) =>
      database.write('write_records', (transaction) =>
        changeRecords(transaction, records, async (standing) => {
          const now = clock.now();
          const versions = records.map((record) => versionAfterWrite(standing.get(keyOf(record)), record, now));
          for (const [index, record] of records.entries()) {
            const version = versions[index];
            if (version === undefined) continue;
            await put(transaction, { ...record, version }, standing.has(keyOf(record)));
            await events.append(transaction, record.events);
          }
          return versions;
        }),
      ),
    /** Four round trips for one record; one more for a watched kind, and one for events. */
    removeRecords: (records) =>
      database
        .write('remove_records', (transaction) =>
          changeRecords(transaction, records, async (standing) => {
            const now = clock.now();
            const removed = records.map((record) => isRemovable(standing.get(keyOf(record)), record, now));
            for (const record of records.filter((_, index) => removed[index])) {
              await transaction.change('DELETE FROM tessera_records WHERE kind = ? AND id = ?', [
                record.kind,
                record.id,
              ]);
              await events.append(transaction, record.events);
            }
            return removed.map((isRemoved) => isRemoved || undefined);
          }),
        )
        .then((removed) => removed.map((isRemoved) => isRemoved === true)),
    /** One round trip. */
    listRecords: ({ kind, owner, after = '', limit }) =>
      database.read('list_records', async (session) => {
        const isOwned = owner !== undefined;
        // One statement reads one snapshot.
        const rows = await session.rows<MysqlRecordRow & { readonly revision: number | null }>(
          `(SELECT kind, id, version, body, owner, expires_at, NULL AS revision
             FROM tessera_records FORCE INDEX (${isOwned ? 'owner' : 'PRIMARY'})
             WHERE kind = ?${isOwned ? ' AND owner = ?' : ''} AND id > ? AND (expires_at IS NULL OR expires_at > ?)
             ORDER BY id LIMIT ?)
           UNION ALL
           (SELECT kind, NULL, 0, '', NULL, NULL, value FROM tessera_revisions WHERE kind = ?)`,
          [kind, ...(isOwned ? [owner] : []), after, clock.now().getTime(), limit, kind],
        );
        return {
          revision: rows.find(({ revision }) => revision !== null)?.revision ?? 0,
          records: rows
            .filter(({ revision }) => revision === null)
            .toSorted((left, right) => Buffer.compare(left.id, right.id))
            .map(recordOf),
        };
      }),
    /** One round trip. */
    async revisions() {
      const rows = await database.read('revisions', (session) =>
        session.rows<{ readonly kind: string; readonly value: number }>('SELECT kind, value FROM tessera_revisions'),
      );
      const present = new Map(rows.map(({ kind, value }) => [kind, value]));
      return Object.fromEntries(watchedKinds.map((kind) => [kind, present.get(kind) ?? 0]));
    },
    /** Three round trips. */
    deleteExpiredRecords: (before, limit) =>
      deleteInTurn(database, 'delete_expired_records', {
        sql: 'DELETE FROM tessera_records WHERE expires_at < ? ORDER BY expires_at LIMIT ?',
        values: [before.getTime(), limit],
      }),
  };
}

/** Moves the revisions of those of these kinds that are watched. No round trip for none, else one. */
export async function countRevisions(
  transaction: MysqlTransaction,
  kinds: readonly RecordKind[],
  step: 1 | -1,
): Promise<void> {
  const watched = kinds.filter((kind) => recordKinds[kind].isWatched).toSorted();
  if (watched.length === 0) return;
  const condition = within('kind', watched);
  await transaction.change(`UPDATE tessera_revisions SET value = value + ? WHERE ${condition.sql} ORDER BY kind`, [
    step,
    ...condition.values,
  ]);
}

async function changeRecords<T>(
  transaction: MysqlTransaction,
  refs: readonly Reference[],
  change: (standing: ReadonlyMap<string, StandingRecord>) => Promise<readonly (T | undefined)[]>,
): Promise<readonly (T | undefined)[]> {
  const kinds = [...new Set(refs.map(({ kind }) => kind))];
  await countRevisions(transaction, kinds, 1);
  const outcomes = await change(await recordsByKey(transaction, refs, 'FOR UPDATE'));
  const changed = new Set(refs.filter((_, index) => outcomes[index] !== undefined).map(({ kind }) => kind));
  // Of what turned out not to change the count is taken back.
  const unchanged = kinds.filter((kind) => !changed.has(kind));
  await countRevisions(transaction, unchanged, -1);
  return outcomes;
}

async function recordsByKey(
  session: MysqlSession,
  refs: readonly Reference[],
  locking: '' | 'FOR UPDATE',
): Promise<ReadonlyMap<string, MysqlRecordRow>> {
  if (refs.length === 0) return new Map();
  // Pairs in IN are not looked up by an index everywhere.
  const keys = repeated(
    '(kind = ? AND id = ?)',
    ' OR ',
    refs.map(({ kind, id }) => [kind, id]),
  );
  const rows = await session.rows<MysqlRecordRow>(
    `SELECT kind, id, version, body, owner, expires_at FROM tessera_records FORCE INDEX (PRIMARY)
     WHERE ${keys.sql} ORDER BY kind, id ${locking}`,
    keys.values,
  );
  return new Map(rows.map((row) => [keyOf({ kind: row.kind, id: row.id.toString() }), row]));
}

async function put(
  transaction: MysqlTransaction,
  { kind, id, version, body, owner, expiresAt }: RecordToWrite & { readonly version: number },
  isThere: boolean,
): Promise<void> {
  const values = [version, body, owner ?? null, epochMs(expiresAt), kind, id];
  await transaction.change(
    isThere
      ? 'UPDATE tessera_records SET version = ?, body = ?, owner = ?, expires_at = ? WHERE kind = ? AND id = ?'
      : 'INSERT INTO tessera_records (version, body, owner, expires_at, kind, id) VALUES (?, ?, ?, ?, ?, ?)',
    values,
  );
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind} ${id}`;
}

function recordOf(row: MysqlRecordRow) {
  return recordFromRow({ ...row, id: row.id.toString(), owner: row.owner === null ? null : row.owner.toString() });
}
