import type { HttpRequest, HttpResponse } from '@tessera/http';

/** A public document that clients may cache. */
export interface CacheableDocument {
  readonly body: string;
  /** Names the content, without quotes. */
  readonly version: string;
  readonly cacheControl: string;
}

/**
 * The document, or 304 without it when the client has this version already (RFC 9110 §13.1.2). Its type is `application/json`: metadata
 * has to be (RFC 8414 §3.2), and a JWK Set may be (RFC 7517 §8.5.2 registers `application/jwk-set+json`, which some clients refuse).
 */
export function conditionalResponse(request: HttpRequest, document: CacheableDocument): HttpResponse {
  const etag = `"${document.version}"`;
  const headers = { etag, 'cache-control': document.cacheControl };
  if (hasVersion(request.headers['if-none-match'], etag)) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body: document.body };
}

/** RFC 9110 §8.8.3, without the weakness, which the comparison leaves out. */
const ENTITY_TAG = /"[\x21\x23-\x7e\x80-\xff]*"/g;

/** By weak comparison, as RFC 9110 §13.1.2 wants: proxies that compress make tags weak. */
function hasVersion(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags: readonly string[] = ifNoneMatch.match(ENTITY_TAG) ?? [];
  return ifNoneMatch.trim() === '*' || tags.includes(etag);
}
