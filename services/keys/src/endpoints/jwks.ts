import { type Clock, within } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import type { HttpHandler } from '@tessera/http';
import type { PublishedKeys } from '../jwks/published-keys.ts';
import { conditionalResponse } from './conditional-response.ts';

/** What the endpoint asks. */
export interface JwksSource {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Refreshes what is too old, if it can. Never rejects. */
  refreshIfStale(): Promise<void>;
  published(): PublishedKeys | undefined;
  maxAgeSeconds(): number;
}

/** A verifier that fetches keys gives up after a few seconds, and then has none. */
const LONGEST_WAIT_MS = 1500;

/**
 * The JWK Set (RFC 7517 §5), from memory. Only a replica that has not heard from storage for long, as one that was suspended, asks
 * there first; where storage does not answer soon, it says what it knows, to be kept for less time or for none. Throws
 * `unavailable` while there is no key.
 */
export function createJwksHandler(source: JwksSource): HttpHandler {
  return async (request) => {
    await within(source.clock, LONGEST_WAIT_MS, source.refreshIfStale());
    const published = source.published();
    if (published === undefined) throw unavailable('keys.not_ready', 'there are no keys to publish yet');
    const cacheControl = `public, max-age=${source.maxAgeSeconds()}, must-revalidate`;
    return conditionalResponse(request, { body: published.jwksJson, version: published.version, cacheControl });
  };
}
