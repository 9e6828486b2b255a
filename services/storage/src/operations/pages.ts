import type { Page, PageRequest } from '@tessera/contracts';
import { invalidInput, isStorableId } from '../rules/accepted-input.ts';

/** Most bytes of what a page carries, so that it stays far below what a message may hold. A longer item has its own page. */
export const MAX_PAGE_BYTES = 1024 * 1024;

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Where a page begins and how long it is. */
export interface PageBounds {
  /** The last id of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** An item on its way onto a page. */
export interface PageItem<T> {
  readonly id: string;
  readonly bytes: number;
  readonly value: T;
}

/** Reads a page request. Throws `storage.invalid_page` for a limit or a cursor that is none. */
export function pageBounds({ cursor, limit = DEFAULT_LIMIT }: PageRequest): PageBounds {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalidInput('storage.invalid_page', `the length of a page is 1 to ${MAX_LIMIT}`);
  }
  return { limit, ...(cursor === undefined ? {} : { after: idOfCursor(cursor) }) };
}

/** The cursor after an id. */
export function cursorOf(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** The id of a cursor. Throws `storage.invalid_page`. */
export function idOfCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursorOf(id) === cursor && isStorableId(id)) return id;
  throw invalidInput('storage.invalid_page', 'the cursor is not one of a page of this list');
}

/**
 * Cuts a page out of items in order, of which there is one more than wanted when the list goes on. It ends earlier when it
 * would be longer than {@link MAX_PAGE_BYTES}, but has one item at least.
 */
export function cutPage<T>(items: readonly PageItem<T>[], limit: number): Page<T> {
  const kept = items.slice(0, fittingCount(items, limit));
  const last = kept.at(-1);
  const values = kept.map(({ value }) => value);
  const isLast = kept.length === items.length || last === undefined;
  return { items: values, ...(isLast ? {} : { nextCursor: cursorOf(last.id) }) };
}

/** How many of the first `limit` items fit on a page together: one at least, when there is one. */
export function fittingCount(items: readonly { readonly bytes: number }[], limit: number): number {
  let bytes = 0;
  let count = 0;
  for (const item of items.slice(0, limit)) {
    bytes += item.bytes;
    if (count > 0 && bytes > MAX_PAGE_BYTES) break;
    count += 1;
  }
  return count;
}
