import type { Clock } from '@tessera/clock';
import type {
  ListedRecords,
  RecordKind,
  RecordStore,
  RecordToWrite,
  StoredRecord,
  StoreObserver,
} from '../../ports.ts';
import { compareBytes } from '../../rules/byte-order.ts';
import { allRecordKinds, recordKinds, watchedKinds } from '../../rules/record-kinds.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import type { MemoryOutbox } from './outbox.ts';

/** What the records in memory need. */
export interface MemoryRecordsOptions {
  readonly clock: Clock;
  readonly outbox: MemoryOutbox;
  /** Throws when the store is retired. */
  readonly assertChangeable: () => void;
  readonly onStatement: StoreObserver | undefined;
}

/** Records in memory, and what the other parts of the store need of them. */
export interface MemoryRecords extends RecordStore {
  /** The record as it stands; undefined = there is none, or it expired. */
  readonly find: (kind: RecordKind, id: string) => StoredRecord | undefined;
  /** Puts records that are not there, as they are; says how many. */
  readonly importAll: (kind: RecordKind, records: readonly StoredRecord[]) => number;
}

interface Shelf {
  readonly records: BoundedMap<StoredRecord>;
  revision: number;
}

const MAX_RECORDS_OF_A_KIND = 100_000;

/** Versioned documents in memory. Every method runs in one turn, so callers are answered one after the other. */
export function createMemoryRecords(options: MemoryRecordsOptions): MemoryRecords {
  const { clock, outbox, assertChangeable, onStatement } = options;
  const shelves = new Map<RecordKind, Shelf>(allRecordKinds.map((kind) => [kind, createShelf(clock)]));
  const shelf = (kind: RecordKind): Shelf => {
    const found = shelves.get(kind);
    if (found === undefined) throw new TypeError(`there are no records of the kind ${kind}`);
    return found;
  };
  const countUp = (kind: RecordKind): void => {
    if (recordKinds[kind].isWatched) shelf(kind).revision += 1;
  };
  const write = ({ kind, expected, events, ...record }: RecordToWrite): number | undefined => {
    const { records } = shelf(kind);
    const standing = records.get(record.id);
    const isExpected =
      expected === 'any' || (expected === 'absent' ? standing === undefined : standing?.version === expected);
    if (!isExpected) return undefined;
    const version = (standing?.version ?? 0) + 1;
    records.set(record.id, { ...record, version });
    countUp(kind);
    for (const event of events) outbox.add(event);
    return version;
  };
  return {
    find: (kind, id) => shelf(kind).records.get(id),
    importAll(kind, records) {
      const absent = records.filter(({ id }) => shelf(kind).records.get(id) === undefined);
      for (const record of absent) shelf(kind).records.set(record.id, record);
      if (absent.length > 0) countUp(kind);
      return absent.length;
    },
    async getRecords(refs) {
      onStatement?.('get_records');
      return refs.map(({ kind, id }) => shelf(kind).records.get(id));
    },
    async listRecords({ kind, owner, after, limit }): Promise<ListedRecords> {
      onStatement?.('list_records');
      const fits = [...shelf(kind).records.values()].filter(
        (record) =>
          (owner === undefined || record.owner === owner) &&
          (after === undefined || compareBytes(record.id, after) > 0),
      );
      const records = fits.sort((left, right) => compareBytes(left.id, right.id)).slice(0, limit);
      return { revision: shelf(kind).revision, records };
    },
    async writeRecords(records) {
      onStatement?.('write_records');
      // What waits in the outbox is sent on under leases, of a retired store too.
      if (records.some(({ kind }) => kind !== 'lease')) assertChangeable();
      outbox.assertRoom(records.reduce((count, { events }) => count + events.length, 0));
      return records.map(write);
    },
    async removeRecords(records) {
      onStatement?.('remove_records');
      assertChangeable();
      outbox.assertRoom(records.reduce((count, { events }) => count + events.length, 0));
      return records.map(({ kind, id, expectedVersion, events }) => {
        const standing = shelf(kind).records.get(id);
        if (standing === undefined) return false;
        if (expectedVersion !== undefined && expectedVersion !== standing.version) return false;
        shelf(kind).records.delete(id);
        countUp(kind);
        for (const event of events) outbox.add(event);
        return true;
      });
    },
    async revisions() {
      onStatement?.('revisions');
      return Object.fromEntries(watchedKinds.map((kind) => [kind, shelf(kind).revision]));
    },
    async deleteExpiredRecords(before, limit) {
      onStatement?.('delete_expired_records');
      assertChangeable();
      let deleted = 0;
      for (const { records } of shelves.values()) {
        deleted += records.removeWhere(
          ({ expiresAt }) => expiresAt !== undefined && expiresAt < before,
          limit - deleted,
        );
      }
      return deleted;
    },
  };
}

function createShelf(clock: Clock): Shelf {
  const expiresAt = (record: StoredRecord): Date | undefined => record.expiresAt;
  return { records: createBoundedMap({ clock, maxEntries: MAX_RECORDS_OF_A_KIND, expiresAt }), revision: 0 };
}
