import { optional, optionalText } from '../outcome-wire.ts';
import type { Page, PageRequest } from './records.ts';

/** The part of a request that says which page is asked for; a limit of 0 is the same as none. */
export function pageRequestToWire({ cursor, limit }: PageRequest): { readonly cursor: string; readonly limit: number } {
  return { cursor: cursor ?? '', limit: limit ?? 0 };
}

/** Which page a request asks for. */
export function pageRequestFromWire({
  cursor,
  limit,
}: {
  readonly cursor: string;
  readonly limit: number;
}): PageRequest {
  return { ...optionalText('cursor', cursor), ...optional('limit', limit === 0 ? undefined : limit) };
}

/** A page of an answer. */
export function pageFromWire<T>(items: readonly T[], nextCursor: string): Page<T> {
  return { items, ...optionalText('nextCursor', nextCursor) };
}

/** What a filter has to be on the wire, where an empty one would be none. Throws TypeError for an empty text. */
export function filterToWire(name: string, value: string | undefined): string {
  if (value === '') throw new TypeError(`an empty ${name} would be anybody's`);
  return value ?? '';
}
