import { unavailable } from '@tessera/errors';
import type { WatchedListRequest } from '../storage/storage.ts';

/** A page of a watched list. */
export interface WatchedPage<T> {
  readonly version: string;
  /** Undefined = nothing changed since the version the caller knows. */
  readonly items: readonly T[] | undefined;
  readonly nextCursor: string | undefined;
}

/** How a watched list is read. */
export interface WatchedListOptions<T, K> {
  readonly loadPage: (request: WatchedListRequest) => Promise<WatchedPage<T>>;
  /** Makes of all items what is kept in process. */
  readonly collect: (items: readonly T[], version: string) => K;
}

/** Times that a list is read from its beginning before it is given up until the next load. */
const MAX_ATTEMPTS = 4;
/** A list that has no end is a fault of the other side. */
const MAX_PAGES = 10_000;

/**
 * Reads all pages of a watched list, from the beginning again when another version shows up on the way. Given what is known
 * already, waits for another version, as the first page does, and gives back what is known when there is none. Throws
 * TesseraError `unavailable` when the list changed during four attempts in a row or has no end.
 */
export async function loadWatchedList<T, K extends { readonly version: string }>(
  { loadPage, collect }: WatchedListOptions<T, K>,
  known: K | undefined,
): Promise<K> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // Whatever made the pages differ is news already: only the first attempt waits for some.
    const awaited = attempt === 0 ? known : undefined;
    const first = await loadPage(awaited === undefined ? {} : { knownVersion: awaited.version });
    if (awaited !== undefined && first.items === undefined) return awaited;
    const items = await loadRest(loadPage, first);
    if (items !== undefined) return collect(items, first.version);
  }
  throw unavailable('contracts.list_unsteady', 'the list changed each time it was read');
}

/** Undefined: the list changed on the way. */
async function loadRest<T>(
  loadPage: (request: WatchedListRequest) => Promise<WatchedPage<T>>,
  first: WatchedPage<T>,
): Promise<readonly T[] | undefined> {
  const items = [...(first.items ?? [])];
  let cursor = first.nextCursor;
  for (let pages = 1; cursor !== undefined; pages += 1) {
    if (pages >= MAX_PAGES) throw unavailable('contracts.list_endless', 'the list has no end');
    const page = await loadPage({ cursor });
    if (page.version !== first.version) return undefined;
    for (const item of page.items ?? []) items.push(item);
    cursor = page.nextCursor;
  }
  return items;
}
