import type { HttpRequest, HttpResponse } from '@tessera/http';

/** A public document that clients may cache. */
export interface CacheableDocument {
  readonly body: string;
  /** Names the content, without quotes. */
  readonly version: string;
  readonly cacheControl: string;
}

/** The document, or 304 without it when the client has this version already (RFC 9110 §13.1.2). */
export function conditionalResponse(request: HttpRequest, document: CacheableDocument): HttpResponse {
  const etag = `"${document.version}"`;
  const headers = { etag, 'cache-control': document.cacheControl };
  if (hasVersion(request.headers['if-none-match'], etag)) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body: document.body };
}

/** By weak comparison, as RFC 9110 §13.1.2 wants: proxies that compress make tags weak. */
function hasVersion(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
