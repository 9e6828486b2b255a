import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TesseraConfig } from '@tessera/config';
import { type AnswerObserver, startHttpServer } from '@tessera/http';
import type { Logger, Metrics } from '@tessera/telemetry';
import { parseListenAddress } from '../compose/listen-address.ts';
import type { HttpListen } from '../compose/listen-plan.ts';
import { listenFailure } from './listen-failure.ts';
import { errorPageOf, handlersOf, health, type ProcessState } from './process-state.ts';
import { watchWebTls } from './tls-files.ts';
import { traceparentOfRequest } from './trace-of-request.ts';

/** An open listener. */
export interface OpenListener {
  /** What it serves, e.g. `http` or `grpc of token`. */
  readonly what: string;
  /** As configured. */
  readonly address: string;
  /** The port in use, also where the configuration says 0. */
  readonly port: number;
  close(graceMs: number): Promise<void>;
}

/** What listeners are opened with. */
export interface ListenerContext {
  readonly config: TesseraConfig;
  /** Name of the configuration file, for messages. */
  readonly fileName: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly state: ProcessState;
  /** Told of each answer to a public request. */
  readonly onAnswer?: AnswerObserver;
}

const NO_ORIGINS: ReadonlySet<string> = new Set();

/** Opens a public HTTP listener. Throws CommandFailure when it cannot. */
export async function openHttp(listen: HttpListen, context: ListenerContext): Promise<OpenListener> {
  const { config, fileName, logger, state } = context;
  const { pathname } = new URL(config.issuer);
  const tls = listen.isTls ? watchWebTls(config.web, logger) : undefined;
  const server = await startHttpServer({
    listen: listen.address,
    ...(tls === undefined ? {} : { tls: tls.current() }),
    basePath: pathname === '/' ? '' : pathname,
    handlers: handlersOf(state, listen.services),
    errorPage: errorPageOf(state),
    cors: { ...config.web, clientOrigins: () => state.composition?.corsOrigins() ?? NO_ORIGINS },
    headers: config.web.headers,
    proxies: config.web.clientRemoteIp,
    logger,
    traceparentOf: traceparentOfRequest,
    ...(context.onAnswer === undefined ? {} : { onAnswer: context.onAnswer }),
  }).catch((error: unknown) => {
    tls?.close();
    throw listenFailure(error, listen, fileName);
  });
  tls?.onChange((certificate) => server.useTls(certificate));
  return {
    what: listen.isTls ? 'https' : 'http',
    address: listen.address,
    port: server.port,
    close(graceMs) {
      tls?.close();
      return server.close(graceMs);
    },
  };
}

/**
 * Opens the listener of `telemetry.http`: `/healthz`, `/healthz/live` and `/healthz/ready`, whatever the issuer's path, and
 * `/metrics` in Prometheus' text format.
 * Throws CommandFailure when it cannot.
 */
export async function openHealth(address: string, context: ListenerContext): Promise<OpenListener> {
  const { fileName } = context;
  const server = createServer((request, response) => {
    void answerOperator(request.url ?? '', context).then(({ status, contentType, body }) => {
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  const { host, port } = parseListenAddress(address) ?? { host: '', port: 0 };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  }).catch((error: unknown) => {
    throw listenFailure(error, { address, source: 'telemetry.http' }, fileName);
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { what: 'health', address, port: (server.address() as AddressInfo).port, close };
}

interface OperatorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

async function answerOperator(path: string, { state, metrics, logger }: ListenerContext): Promise<OperatorAnswer> {
  const contentType = 'text/plain; charset=utf-8';
  if (path === '/metrics') {
    // Whoever looks at a process must not end it.
    return metrics.exposition().then(
      (exposition) => ({ status: 200, ...exposition }),
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics could not be read');
        return { status: 500, contentType, body: '500 metrics could not be read\n' };
      },
    );
  }
  if (path === '/healthz/live') return { status: 200, contentType, body: 'Alive\n' };
  if (path !== '/healthz' && path !== '/healthz/ready')
    return { status: 404, contentType, body: '404 page not found\n' };
  const { status, body } = health(state);
  return { status, contentType, body: String(body) };
}
