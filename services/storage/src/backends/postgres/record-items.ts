import type { SecurityEvent } from '@tessera/contracts';
import type { RecordKind, RecordToRemove, RecordToWrite, StoredRecord } from '../../ports.ts';
import { type ItemColumn, moment } from './statement.ts';

/** Names of the columns of a record. */
export const RECORD_COLUMNS = 'r.kind, r.id, r.version, r.body, r.owner, r.expires_at';

/** A row of {@link RECORD_COLUMNS}. */
export interface RecordRow {
  readonly id: string;
  /** The client gives `bigint` as text. */
  readonly version: string;
  readonly body: string;
  readonly owner: string | null;
  readonly expires_at: Date | null;
}

/** A row of a list, from an outer join: with the revision, and without a record where the list is empty. */
export type ListedRow = (RecordRow | { readonly id: null }) & { readonly revision: string };

/** The record of a row. */
export function recordFromRow(row: RecordRow): StoredRecord {
  return {
    id: row.id,
    version: Number(row.version),
    body: row.body,
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  };
}

interface RecordKey {
  readonly kind: RecordKind;
  readonly id: string;
}

const keyColumns: readonly ItemColumn<RecordKey>[] = [
  { name: 'kind', type: 'text', of: ({ kind }) => kind },
  { name: 'id', type: 'text', of: ({ id }) => id },
];

const contentColumns: readonly ItemColumn<Omit<StoredRecord, 'version'>>[] = [
  { name: 'body', type: 'text', of: ({ body }) => body },
  { name: 'owner', type: 'text', of: ({ owner }) => owner ?? null },
  { name: 'expires_at', type: 'timestamptz', of: ({ expiresAt }) => moment(expiresAt) },
];

/** Columns of records to read. */
export const soughtColumns = keyColumns;

/** `expected` of a record that may stand as it likes. */
export const EXPECTS_ANYTHING = -1;

/** `expected` of a record that must not be there. */
export const EXPECTS_NOTHING = 0;

/** Columns of records to write. */
export const writtenColumns: readonly ItemColumn<RecordToWrite>[] = [
  ...keyColumns,
  ...contentColumns,
  {
    name: 'expected',
    type: 'bigint',
    of: ({ expected }) => (expected === 'any' ? EXPECTS_ANYTHING : expected === 'absent' ? EXPECTS_NOTHING : expected),
  },
];

/** Columns of records to remove. */
export const removedColumns: readonly ItemColumn<RecordToRemove>[] = [
  ...keyColumns,
  { name: 'expected', type: 'bigint', of: ({ expectedVersion }) => expectedVersion ?? EXPECTS_ANYTHING },
];

/** Columns of records to take over as they are. */
export const importedColumns: readonly ItemColumn<StoredRecord & RecordKey>[] = [
  ...keyColumns,
  ...contentColumns,
  { name: 'version', type: 'bigint', of: ({ version }) => version },
];

/** An event, and the ordinal of the record it belongs to. */
export interface EventOfItem {
  readonly item: number;
  readonly event: SecurityEvent;
}

/** Columns of events. */
export const eventColumns: readonly ItemColumn<EventOfItem>[] = [
  { name: 'event_id', type: 'uuid', of: ({ event }) => event.id },
  { name: 'type', type: 'text', of: ({ event }) => event.type },
  { name: 'key', type: 'text', of: ({ event }) => event.key },
  { name: 'time', type: 'timestamptz', of: ({ event }) => moment(event.time) },
  { name: 'data', type: 'text', of: ({ event }) => event.data },
  { name: 'item', type: 'integer', of: ({ item }) => item },
];
