import type { RecordKind, RecordStore, RecordToRemove, RecordToWrite, StoredRecord } from '../../ports.ts';
import { recordKinds, watchedKinds } from '../../rules/record-kinds.ts';
import type { PostgresDatabase } from './database.ts';
import { createDeletionInBatches } from './deletion-in-batches.ts';
import {
  eventColumns,
  type ListedRow,
  type RecordRow,
  recordFromRow,
  removedColumns,
  soughtColumns,
  writtenColumns,
} from './record-items.ts';
import {
  DELETE_EXPIRED_RECORDS,
  GET_RECORDS,
  listStatement,
  REVISIONS,
  recordStatements,
} from './record-statements.ts';
import { itemArrays, moment, onlyRow } from './statement.ts';

/** Key of the advisory lock that lets one replica sweep records at a time. */
const SWEEP_LOCK = 7_355_608_003;

interface KeyRow {
  readonly kind: string;
  readonly id: string;
}

type VersionRow = KeyRow & { readonly version: string };

/** Records in PostgreSQL: each method is one statement under READ COMMITTED, with its events and the new revision. */
export function createPostgresRecords(database: PostgresDatabase, hasOutbox: boolean): RecordStore {
  const statements = recordStatements(hasOutbox);
  const eventArrays = (items: readonly (RecordToWrite | RecordToRemove)[]): unknown[] => {
    if (!hasOutbox) return [];
    const events = items.flatMap(({ events: own }, index) => own.map((event) => ({ item: index + 1, event })));
    return itemArrays(eventColumns, events);
  };
  return {
    async getRecords(refs, now) {
      const values = [...itemArrays(soughtColumns, refs), moment(now)];
      const found = byKey(await database.query<RecordRow & KeyRow>(GET_RECORDS, values));
      return refs.map((ref) => {
        const row = found.get(keyOf(ref));
        return row === undefined ? undefined : recordFromRow(row);
      });
    },
    async listRecords({ kind, owner, after = '', limit }, now) {
      const values = [kind, after, limit, moment(now), ...(owner === undefined ? [] : [owner])];
      const statement = listStatement(owner !== undefined);
      const rows = maySeeThePast(kind, owner)
        ? await database.queryLagging<ListedRow>(statement, values)
        : await database.query<ListedRow>(statement, values);
      return {
        revision: Number(onlyRow(rows).revision),
        records: rows.flatMap((row): StoredRecord[] => (row.id === null ? [] : [recordFromRow(row)])),
      };
    },
    async writeRecords(records, now) {
      const values = [...itemArrays(writtenColumns, records), moment(now), watchedKinds, ...eventArrays(records)];
      const written = byKey(await database.query<VersionRow>(statements.write, values));
      return records.map((record) => {
        const row = written.get(keyOf(record));
        return row === undefined ? undefined : Number(row.version);
      });
    },
    async removeRecords(records, now) {
      const values = [...itemArrays(removedColumns, records), moment(now), watchedKinds, ...eventArrays(records)];
      const removed = byKey(await database.query<KeyRow>(statements.remove, values));
      return records.map((record) => removed.has(keyOf(record)));
    },
    async revisions() {
      const rows = await database.query<{ readonly name: string; readonly value: string }>(REVISIONS, [watchedKinds]);
      const counted = new Map(rows.map(({ name, value }) => [name, Number(value)]));
      return Object.fromEntries(watchedKinds.map((kind) => [kind, counted.get(kind) ?? 0]));
    },
    deleteExpiredRecords: createDeletionInBatches(database, DELETE_EXPIRED_RECORDS, SWEEP_LOCK),
  };
}

/** Kinds whose lists nobody looks at: what is to be done next is decided by them. */
const decidedBy: readonly RecordKind[] = ['lease', 'logout_due'];

/**
 * Whether a list may come from a replica that lags behind: those that a person looks at. What others decide by is read
 * from the primary: watched kinds, leases, what is due, and whatever belongs to one owner.
 */
function maySeeThePast(kind: RecordKind, owner: string | undefined): boolean {
  return owner === undefined && !recordKinds[kind].isWatched && !decidedBy.includes(kind);
}

function keyOf({ kind, id }: KeyRow): string {
  return `${kind} ${id}`;
}

function byKey<R extends KeyRow>(rows: readonly R[]): ReadonlyMap<string, R> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}
