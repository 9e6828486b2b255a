import { type HttpRequest, type HttpResponse, type RouteName, startHttpServer } from '@tessera/http';
import type { PublicService } from '../gateway-options.ts';
import { publicRoutes } from '../public-routes.ts';

/** What a service says of a request that reached it. */
export interface Echo {
  readonly service: string;
  readonly route: RouteName;
  readonly method: string;
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: string | undefined;
}

/** The HTTP side of a service as it is, but that handlers tell what they were asked. */
export interface EchoService extends AsyncDisposable {
  readonly port: number;
  /** The requests that reached a handler. */
  readonly received: readonly HttpRequest[];
  close(graceMs: number): Promise<void>;
}

/** How an echo is set up. */
export interface EchoOptions {
  /** Its name in what it says; when left out it answers every route, as one process does. */
  readonly service?: PublicService;
  readonly name?: string;
  readonly basePath: string;
  /** Whose X-Forwarded-For it believes; nginx at 127.0.0.1 when left out. */
  readonly trustedProxies?: readonly string[];
  /** Awaited before each answer. */
  readonly before?: (request: HttpRequest) => Promise<void>;
  readonly headers?: Readonly<Record<string, string>>;
}

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts the HTTP kernel of a service on a free port of 127.0.0.1. */
export async function startEcho(options: EchoOptions): Promise<EchoService> {
  const received: HttpRequest[] = [];
  const rows = publicRoutes.filter(({ spec }) => options.service === undefined || spec.service === options.service);
  const handlers = Object.fromEntries(
    rows.map(({ name: route, spec }) => [
      route,
      async (request: HttpRequest): Promise<HttpResponse> => {
        received.push(request);
        const hasForm = request.method === 'POST' && spec.body === 'form';
        const form = hasForm ? (await request.form()).entries.map((pair) => pair.join('=')).join('&') : undefined;
        await options.before?.(request);
        const { method, remoteAddress, headers } = request;
        const echo = { service: options.name ?? spec.service, route, method, remoteAddress, headers, form };
        return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(echo) };
      },
    ]),
  );
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath: options.basePath,
    handlers,
    errorPage: (error) => ({
      status: error.status,
      headers: { 'content-type': 'text/html', ...error.headers },
      body: `<p>${error.error}</p>`,
    }),
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: { 'Strict-Transport-Security': 'max-age=1', ...options.headers },
    proxies: { header: 'X-Forwarded-For', trustedProxies: options.trustedProxies ?? ['127.0.0.1/32'] },
    logger,
  });
  return {
    port: server.port,
    received,
    close: (graceMs) => server.close(graceMs),
    [Symbol.asyncDispose]: () => server.close(0),
  };
}
