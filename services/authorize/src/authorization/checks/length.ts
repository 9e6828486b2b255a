import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest } from '../request.ts';
import { requestQuery } from '../request-query.ts';

/**
 * Longest authorization request, in characters of a query. It travels on in addresses of ours whichever way it came, and
 * proxies commonly take request lines of 8 KiB.
 */
export const MAX_REQUEST_CHARACTERS = 7_000;

/** Bounds what is carried from page to page and kept with the sign-in; a POST may bring far more than an address holds. */
export function checkLength(request: RedirectableRequest): void {
  if (requestQuery(request.parameters).length > MAX_REQUEST_CHARACTERS) {
    throw new ClientRefusal('invalid_request', 'The request is too long.', request);
  }
}
