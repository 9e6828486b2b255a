import { Rejection } from '../refusal.ts';
import type { AskedRequest } from '../request.ts';
import { requestQuery } from '../request-query.ts';

/**
 * Longest authorization request, in characters of a query. It travels on in addresses of ours whichever way it came, and
 * proxies commonly take request lines of 8 KiB.
 */
export const MAX_REQUEST_CHARACTERS = 7_000;

/**
 * Bounds what is carried from page to page and kept with the sign-in: a POST, and a request object that is fetched, may bring
 * far more than an address holds.
 */
export function checkLength({ parameters, asked }: AskedRequest): object {
  if ([parameters, asked].some((part) => requestQuery(part).length > MAX_REQUEST_CHARACTERS)) {
    throw new Rejection('invalid_request', 'The request is too long.');
  }
  return {};
}
