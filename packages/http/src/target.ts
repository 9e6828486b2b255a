/** The two halves of a request target. */
export interface RequestTarget {
  /** Path without query, still percent-encoded. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly queryString: string;
}

const SCHEME_AND_AUTHORITY = /^https?:\/\/[^/?#]*/i;

/**
 * Splits a request target. Of the absolute form only path and query count (RFC 9112 §3.2.2): who we are is configured,
 * never taken from a request (N60). Nothing is decoded or normalised.
 */
export function splitTarget(target: string): RequestTarget {
  const origin = target.startsWith('/') ? target : originForm(target);
  const question = origin.indexOf('?');
  return question < 0
    ? { path: origin, queryString: '' }
    : { path: origin.slice(0, question), queryString: origin.slice(question + 1) };
}

function originForm(target: string): string {
  const rest = target.replace(SCHEME_AND_AUTHORITY, '');
  return rest === '' || (rest.startsWith('?') && rest !== target) ? `/${rest}` : rest;
}
