import type { ListedRecords, RecordKind, RecordListing, StoredRecord } from '../../ports.ts';
import { recordKinds, watchedKinds } from '../../rules/record-kinds.ts';
import { isCompacted } from './errors.ts';
import { readKeys, readPages } from './pages.ts';
import type { KeyValue } from './protocol.ts';
import { presentRecord, recordFromJson } from './record-value.ts';
import type { StoreParts } from './store-parts.ts';

/** Lists of records, each of one moment. */
export interface RecordLists {
  list(listing: RecordListing, now: Date): Promise<ListedRecords>;
  revisions(): Promise<Readonly<Partial<Record<RecordKind, number>>>>;
}

const INDEX_PAGE = 1000;
const MAX_ATTEMPTS = 3;

/** Lists of records in etcd: the pages after the first are read as of the revision of the first. */
export function createRecordLists({ connection, keys }: StoreParts): RecordLists {
  const ofKind = async function* (listing: RecordListing, revision: string): AsyncGenerator<readonly KeyValue[]> {
    const { kind, owner, after } = listing;
    if (owner === undefined) {
      yield* readPages(connection, keys.records(kind), { after, revision });
      return;
    }
    const index = keys.owners(kind, owner);
    const size = Math.min(INDEX_PAGE, listing.limit);
    for await (const page of readPages(connection, index, { after, revision, size })) {
      const wanted = page.map(({ key }) => keys.records(kind).key(index.rest(key)));
      const read = await readKeys(connection, wanted, revision);
      yield read.flatMap((entry) => (entry === undefined ? [] : [entry]));
    }
  };
  const listOnce = async (listing: RecordListing, now: Date): Promise<ListedRecords> => {
    const { kind, limit } = listing;
    const { header, kvs } = await connection.range({ key: keys.revision(kind) });
    const records: StoredRecord[] = [];
    for await (const page of ofKind(listing, header.revision)) {
      const all = page.map(({ key, value }) => recordFromJson(keys.records(kind).rest(key), value));
      records.push(...all.filter((record) => presentRecord(record, now) !== undefined));
      if (records.length >= limit) break;
    }
    const revision = recordKinds[kind].isWatched ? Number(kvs[0]?.version ?? 0) : 0;
    return { revision, records: records.slice(0, limit) };
  };
  return {
    async list(listing, now) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await listOnce(listing, now);
        } catch (thrown) {
          // The moment of the first page was compacted away before the last: begin again with the present one.
          if (!isCompacted(thrown) || attempt >= MAX_ATTEMPTS) throw thrown;
        }
      }
    },
    async revisions() {
      const read = await readKeys(
        connection,
        watchedKinds.map((kind) => keys.revision(kind)),
      );
      return Object.fromEntries(watchedKinds.map((kind, index) => [kind, Number(read[index]?.version ?? 0)]));
    },
  };
}
