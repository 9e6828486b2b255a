import { isSafeLocalPath, type Parameters } from '@tessera/oauth';
import { requestQuery } from '../authorization/request-query.ts';

/** Longest restart that pages hand on in their addresses, in characters as it stands there (4 KiB). */
const MAX_BACK_CHARACTERS = 4_096;

/** Where the person can start over: the authorization endpoint with the same request. */
export function restartHref(basePath: string, parameters: Parameters): string {
  return `${basePath}/auth?${requestQuery(parameters)}`;
}

/** A restart as the parameter `back` of the pages that follow; undefined when it would make their addresses too long. */
export function backParameter(restart: string): string | undefined {
  return encodeURIComponent(restart).length <= MAX_BACK_CHARACTERS ? restart : undefined;
}

/**
 * A `back` from outside, if it is a path that {@link restartHref} could have made, or the page for user codes (RFC 8628 §3.3);
 * anything else counts as none (N11).
 */
export function parseBack(basePath: string, back: string | undefined): string | undefined {
  const isOurs = [`${basePath}/auth?`, `${basePath}/device?`].some((start) => back?.startsWith(start) === true);
  return back !== undefined && isOurs && isSafeLocalPath(back, basePath) ? back : undefined;
}
