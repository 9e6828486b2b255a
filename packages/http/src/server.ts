import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { createConnectionAge } from './connection-age.ts';
import { createListener } from './listener.ts';
import type { HttpServerOptions, HttpTls } from './options.ts';

/** A listening HTTP server. */
export interface HttpServer {
  readonly port: number;
  /**
   * Stops listening, lets requests in flight finish for `graceMs` at most, and ends each connection with its next answer;
   * one that stays idle ends after a second, so that a proxy's request that is on its way is still served.
   * Answers sent meanwhile say `Connection: close` (RFC 9112 §9.6).
   */
  close(graceMs: number): Promise<void>;
  /**
   * Uses another certificate for the connections that come. All of `tls` counts anew, the versions too (N94).
   *
   * @throws what OpenSSL says of a certificate and key that do not go together; the former ones stay.
   */
  useTls(tls: HttpTls): void;
}

const MAX_HEADER_BYTES = 32 * 1024;
const DEFAULT_DEADLINE_MS = 15_000;
const LONGEST_HEADERS_MS = 10_000;
const LONGEST_HANDSHAKE_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;
const DEFAULT_CONNECTION_AGE_MS = 60_000;
const IDLE_GRACE_MS = 1_000;
/** How exactly the time-outs of requests are kept. */
const CHECKING_INTERVAL_MS = 1_000;

/** Listens. Throws the system's error (`EADDRINUSE`, `EACCES`) when it cannot. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: deadlineMs,
    headersTimeout: Math.min(LONGEST_HEADERS_MS, deadlineMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(CHECKING_INTERVAL_MS, deadlineMs),
  };
  let isDraining = false;
  const isOld = createConnectionAge(options.maxConnectionAgeMs ?? DEFAULT_CONNECTION_AGE_MS);
  const listener = createListener(options, deadlineMs, ({ socket }) => isOld(socket) || isDraining);
  const server =
    options.tls === undefined
      ? createServer(limits, listener)
      : createTlsServer({ ...limits, ...options.tls, handshakeTimeout: LONGEST_HANDSHAKE_MS }, listener);
  await listen(server, options.listen);
  server.on('error', (error) => options.logger.error({ err: error }, 'listener failed'));
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => {
      isDraining = true;
      return closeServer(server, graceMs);
    },
    useTls(tls) {
      if (server instanceof TlsServer) server.setSecureContext({ ...tls });
    },
  };
}

function listen(server: Server, address: string): Promise<void> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: Number(address.slice(colon + 1)), ...(host === '' ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  // The HTTP server's own close would end idle connections with it.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const idle = setTimeout(() => server.close(), Math.min(IDLE_GRACE_MS, graceMs));
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(idle);
  clearTimeout(timer);
  // Ends its checking of time-outs.
  server.close();
}
