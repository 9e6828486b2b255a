import type { IncomingHttpHeaders } from 'node:http';
import type { Parameters } from '@tessera/oauth';

/** A request as a handler sees it: bounded, and parsed as far as every handler needs it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path without query, still percent-encoded. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly queryString: string;
  /** The query's parameters. Throws OAuthError `invalid_request` when malformed. */
  query(): Parameters;
  /** The body's parameters (empty for GET). Throws OAuthError `invalid_request` when malformed, too large or of another content type. */
  form(): Promise<Parameters>;
  readonly headers: IncomingHttpHeaders;
  /** Values of the `:name` segments, percent-decoded. */
  readonly segments: Readonly<Record<string, string>>;
  /** Address of the person or client, as far as the trusted proxies tell. */
  readonly remoteAddress: string;
  /** Value of a cookie; undefined when absent. Of several with one name the first counts (RFC 6265 §5.4 order). */
  cookie(name: string): string | undefined;
}

/** An answer. Header names are lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
}

/** What answers a route. May throw OAuthError or TesseraError; the kernel turns both into an answer. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** A JSON answer, by default uncacheable as RFC 6749 §5.1 wants for everything that may hold a token. */
export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
    body: JSON.stringify(body),
  };
}

/** A redirect that turns any method into GET (RFC 9110 §15.4.4) and is never cached. */
export function seeOther(location: string, headers: HttpResponse['headers'] = {}): HttpResponse {
  return { status: 303, headers: { location, 'cache-control': 'no-store', ...headers }, body: '' };
}
