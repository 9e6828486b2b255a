import type { Page, PageRequest } from '@tessera/contracts';
import type { RecordKind, RecordStore, StoredRecord } from '../ports.ts';
import { cutPage, MAX_PAGE_BYTES, pageBounds } from './pages.ts';

/** Which records are on the page, and how they are read. */
export interface RecordPageOptions<T> {
  readonly store: RecordStore;
  readonly kind: RecordKind;
  readonly owner?: string | undefined;
  readonly now: Date;
  readonly read: (record: StoredRecord) => T;
}

/** Most documents that are read at once, so that a long page of long documents does not fill the memory. */
const READ_AT_ONCE = 201;

/** A page of stored records in the order of their ids: one statement for each 200 items. */
export async function recordPage<T>(request: PageRequest, options: RecordPageOptions<T>): Promise<Page<T>> {
  const { store, kind, owner, now, read } = options;
  const { after, limit } = pageBounds(request);
  const records: StoredRecord[] = [];
  let bytes = 0;
  // One more than wanted tells whether the list goes on.
  while (records.length <= limit && bytes <= MAX_PAGE_BYTES) {
    const wanted = Math.min(limit + 1 - records.length, READ_AT_ONCE);
    const start = records.at(-1)?.id ?? after;
    const listing = { kind, limit: wanted, ...optionalMember('owner', owner), ...optionalMember('after', start) };
    const { records: found } = await store.listRecords(listing, now);
    records.push(...found);
    bytes += found.reduce((sum, { body }) => sum + Buffer.byteLength(body, 'utf8'), 0);
    if (found.length < wanted) break;
  }
  const items = records.map((record) => ({
    id: record.id,
    bytes: Buffer.byteLength(record.body, 'utf8'),
    value: read(record),
  }));
  return cutPage(items, limit);
}

function optionalMember<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
