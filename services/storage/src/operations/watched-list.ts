import type { Clock } from '@tessera/clock';
import type { WatchedListRequest } from '@tessera/contracts';
import type { RecordKind, RecordStore, StoredRecord } from '../ports.ts';
import { invalidInput } from '../rules/accepted-input.ts';
import { cursorOf, fittingCount, idOfCursor } from './pages.ts';
import type { RevisionWatch } from './revision-watch.ts';

/** What a watched list is made of. */
export interface WatchedListOptions<T> {
  readonly kind: RecordKind;
  readonly clock: Clock;
  readonly store: Pick<RecordStore, 'listRecords'>;
  readonly watch: RevisionWatch;
  /** Changes with the items before the stored ones; replicas with one configuration agree on it. */
  readonly prefixVersion: () => string;
  /** Items that stand before the stored ones. */
  readonly prefix: () => readonly { readonly bytes: number; readonly value: T }[];
  /** Calls back whenever the prefix is another; what it returns ends that. Default: it never is. */
  readonly onPrefixChange?: (listener: () => void) => () => void;
  /** Most stored records read for one page. */
  readonly recordsOnPage: number;
  /** Undefined = it is not listed. */
  readonly read: (record: StoredRecord) => T | undefined;
}

/** A page of a watched list, or that nothing changed. */
export interface WatchedPage<T> {
  readonly version: string;
  /** Undefined = nothing changed. */
  readonly items?: readonly T[];
  readonly nextCursor?: string;
}

interface ListedItem<T> {
  readonly bytes: number;
  readonly value: T | undefined;
  /** Of a page that ends with it. */
  readonly cursor: string;
}

/** Where a page begins: at an item of the prefix, or after a stored record. */
interface Start {
  readonly prefixIndex: number;
  readonly after?: string;
}

/**
 * Lists pages, each of one moment and one statement. Whoever knows the present version waits for another one until their
 * deadline is near, 20 s at most.
 */
export function createWatchedList<T>(
  options: WatchedListOptions<T>,
): (request?: WatchedListRequest) => Promise<WatchedPage<T>> {
  const versionOf = (revision: number): string => `${options.prefixVersion()}.${revision}`;
  return async ({ knownVersion, cursor } = {}) => {
    if (cursor !== undefined) return readPage(options, startOf(cursor, options.prefix().length), versionOf);
    const knownRevision = Number(knownVersion?.slice(options.prefixVersion().length + 1));
    if (knownVersion !== undefined && knownVersion === versionOf(knownRevision)) {
      const hasChanged = await waitForChange(options, knownRevision);
      if (!hasChanged) return { version: knownVersion };
    }
    return readPage(options, { prefixIndex: 0 }, versionOf);
  };
}

async function waitForChange<T>(
  { kind, watch, onPrefixChange }: WatchedListOptions<T>,
  knownRevision: number,
): Promise<boolean> {
  const prefixChange = Promise.withResolvers<true>();
  const end = onPrefixChange?.(() => prefixChange.resolve(true));
  try {
    const other = watch.waitForOther(kind, knownRevision, watch.longestWait());
    return await Promise.race([prefixChange.promise, other.then((revision) => revision !== undefined)]);
  } finally {
    end?.();
  }
}

async function readPage<T>(
  options: WatchedListOptions<T>,
  { prefixIndex, after }: Start,
  versionOf: (revision: number) => string,
): Promise<WatchedPage<T>> {
  const { kind, clock, store, recordsOnPage, read } = options;
  const listing = { kind, limit: recordsOnPage + 1, ...(after === undefined ? {} : { after }) };
  const { revision, records } = await store.listRecords(listing, clock.now());
  const prefix = options.prefix();
  const items: ListedItem<T>[] = prefix
    .slice(prefixIndex)
    .map(({ bytes, value }, index) => ({ bytes, value, cursor: `p${prefixIndex + index + 1}` }));
  for (const record of records) {
    const value = read(record);
    const bytes = value === undefined ? 0 : Buffer.byteLength(record.body, 'utf8');
    items.push({ bytes, value, cursor: `r${cursorOf(record.id)}` });
  }
  const kept = items.slice(0, fittingCount(items, prefix.length - prefixIndex + recordsOnPage));
  const last = kept.at(-1);
  return {
    version: versionOf(revision),
    items: kept.flatMap(({ value }) => (value === undefined ? [] : [value])),
    ...(kept.length === items.length || last === undefined ? {} : { nextCursor: last.cursor }),
  };
}

function startOf(cursor: string, prefixLength: number): Start {
  const rest = cursor.slice(1);
  if (cursor.startsWith('r')) return { prefixIndex: prefixLength, after: idOfCursor(rest) };
  const index = Number(rest);
  if (cursor === `p${index}` && Number.isSafeInteger(index) && index >= 0) {
    return { prefixIndex: Math.min(index, prefixLength) };
  }
  throw invalidInput('storage.invalid_page', 'the cursor is not one of a page of this list');
}
