import type { IncomingMessage } from 'node:http';
import type { SecureVersion } from 'node:tls';
import type { OAuthError } from '@tessera/errors';
import type { Parameters } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { CorsPolicy } from './cors.ts';
import type { HttpHandler, HttpResponse } from './message.ts';
import type { TrustedProxies } from './remote-address.ts';
import type { RouteName } from './route-table.ts';

/** Turns an error of a person's route into a page. */
export type ErrorPage = (
  error: OAuthError,
  request: { readonly requestId: string; readonly headers: IncomingMessage['headers']; readonly queryString: string },
) => HttpResponse;

/**
 * Tells the `traceparent` (W3C Trace Context §3.2) of the flow a request belongs to by what it carries: its raw query,
 * and its form when it is a readable POST to a route that takes one. Undefined = a trace of its own.
 */
export type TraceparentOf = (
  route: RouteName,
  parameters: { readonly query: string; readonly form?: Parameters },
) => string | undefined;

/** Told of each request that was answered: `unknown` when none of the routes here is at its path. */
export type AnswerObserver = (answer: {
  readonly route: RouteName | 'unknown';
  /** As it was sent, so anything. */
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}) => void;

/** How an HTTPS server proves itself; PEM texts. */
export interface HttpTls {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: SecureVersion;
  readonly maxVersion?: SecureVersion;
}

/** What an HTTP server is made of. */
export interface HttpServerOptions {
  /** `host:port`; an empty host listens everywhere, port 0 takes a free one. */
  readonly listen: string;
  /** Undefined = plain HTTP. */
  readonly tls?: HttpTls;
  /** The issuer's path, `''` or like `/dex`. */
  readonly basePath: string;
  readonly handlers: Readonly<Partial<Record<RouteName, HttpHandler>>>;
  readonly errorPage: ErrorPage;
  readonly cors: CorsPolicy;
  /** Extra headers for every answer (`web.headers`); an answer's own header of the same name goes before. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxies?: TrustedProxies | undefined;
  readonly logger: Logger;
  /** How long a request may take in all, its arrival included. Default 15 s. */
  readonly deadlineMs?: number;
  /** About how long a connection is kept, in milliseconds; then an answer is its last. Default 60,000. */
  readonly maxConnectionAgeMs?: number;
  /** Asked, while tracing, for requests without a `traceparent` header. What it throws counts as undefined. */
  readonly traceparentOf?: TraceparentOf;
  readonly onAnswer?: AnswerObserver;
}
