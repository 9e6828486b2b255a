import { unavailable } from '@tessera/errors';
import type { HttpHandler } from '@tessera/http';
import type { PublishedKeys } from '../jwks/published-keys.ts';
import { conditionalResponse } from './conditional-response.ts';

/** What the endpoint asks. */
export interface JwksSource {
  /** Refreshes what is too old, if it can. */
  refreshIfStale(): Promise<void>;
  published(): PublishedKeys | undefined;
  maxAgeSeconds(): number;
}

/** The JWK Set (RFC 7517 §5). Throws `unavailable` while there is no key. */
export function createJwksHandler(source: JwksSource): HttpHandler {
  return async (request) => {
    await source.refreshIfStale();
    const published = source.published();
    if (published === undefined) throw unavailable('keys.not_ready', 'there are no keys to publish yet');
    const cacheControl = `public, max-age=${source.maxAgeSeconds()}, must-revalidate`;
    return conditionalResponse(request, { body: published.jwksJson, version: published.version, cacheControl });
  };
}
