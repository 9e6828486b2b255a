import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { createRequestId, isTracing, parseRequestId, runInContext, withSpan } from '@tessera/telemetry';
import { answerRequest, type Routed, routeRequest } from './answer.ts';
import type { HttpResponse } from './message.ts';
import type { HttpServerOptions } from './options.ts';
import { createRemoteAddress } from './remote-address.ts';
import { type Incoming, singleHeader } from './request.ts';
import type { RouteName } from './route-table.ts';
import { createRouter, type Router } from './router.ts';
import { splitTarget } from './target.ts';
import { failureAnswer, writeAnswer } from './write.ts';

/** What answers the requests of `node:http`. */
export type Listener = (message: IncomingMessage, response: ServerResponse) => void;

interface Kernel {
  readonly options: HttpServerOptions;
  readonly router: Router;
  readonly headers: Readonly<Record<string, string>>;
  readonly isLast: (message: IncomingMessage) => boolean;
}

/**
 * A listener over the routes that have handlers. `isLast` says of a request that its answer is the last of its connection.
 * Throws TypeError for an extra header that cannot be sent.
 */
export function createListener(
  options: HttpServerOptions,
  deadlineMs: number,
  isLast: (message: IncomingMessage) => boolean,
): Listener {
  const router = createRouter(options.basePath, Object.keys(options.handlers) as RouteName[]);
  const kernel = { options, router, headers: extraHeaders(options.headers), isLast };
  const remoteAddress = createRemoteAddress(options.proxies);
  return (message, response) => {
    const startedMs = performance.now();
    const requestId = parseRequestId(singleHeader(message, 'x-request-id')) ?? createRequestId();
    const address = remoteAddress(message.socket.remoteAddress ?? '', (name) => singleHeader(message, name));
    const incoming = { message, requestId, target: splitTarget(message.url ?? '/'), address };
    void runInContext({ requestId, deadlineMs: startedMs + deadlineMs }, () =>
      // A rejection nobody takes would end the process.
      exchange(kernel, incoming, response, startedMs).catch(() => response.destroy()),
    );
  };
}

function extraHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** One request and its answer. */
async function exchange(
  kernel: Kernel,
  incoming: Incoming,
  response: ServerResponse,
  startedMs: number,
): Promise<void> {
  const { options } = kernel;
  const { message, requestId, address } = incoming;
  const routed = routeRequest(options, incoming, kernel.router(incoming.target.path));
  const write = (answer: HttpResponse): number => {
    const isHead = message.method === 'HEAD';
    writeAnswer(response, answer, { headers: kernel.headers, requestId, isHead, isLast: kernel.isLast(message) });
    return answer.status;
  };
  let status: number;
  try {
    status = write(await answerInSpan(options, incoming, routed));
  } catch (thrown) {
    options.logger.error({ err: thrown, route: routed.match?.name }, 'answer could not be made');
    status = response.headersSent ? failureAnswer.status : write(failureAnswer);
  }
  const { method = '' } = message;
  const route = routed.match?.name ?? 'unknown';
  const durationMs = performance.now() - startedMs;
  options.onAnswer?.({ route, method, status, durationMs });
  options.logger.info(
    { method, route, status, client_remote_addr: address, duration_ms: Math.round(durationMs * 100) / 100 },
    'request',
  );
}

async function answerInSpan(options: HttpServerOptions, incoming: Incoming, routed: Routed): Promise<HttpResponse> {
  if (!isTracing()) return answerRequest(options, incoming, routed);
  const parent = await parentOf(options, incoming, routed);
  const { method } = incoming.message;
  const route = routed.match?.spec.path;
  const attributes = { 'http.request.method': method ?? '', 'http.route': route ?? '' };
  return withSpan({ name: `${method} ${route ?? 'unknown'}`, role: 'server', attributes, parent }, async (span) => {
    const answer = await answerRequest(options, incoming, routed);
    span.setAttribute('http.response.status_code', answer.status);
    return answer;
  });
}

/** The `traceparent` of a request: the one it came with, else that of the flow it belongs to. */
async function parentOf(
  options: HttpServerOptions,
  { message, target }: Incoming,
  { match, work }: Routed,
): Promise<string | undefined> {
  const received = singleHeader(message, 'traceparent');
  if (received !== undefined || options.traceparentOf === undefined || match === undefined || work === undefined) {
    return received;
  }
  const query = target.queryString;
  const takesForm = work.request.method === 'POST' && match.spec.body === 'form';
  try {
    // What is wrong with a form is told to the handler when it asks for it.
    const form = takesForm ? await work.request.form().catch(() => undefined) : undefined;
    return options.traceparentOf(match.name, form === undefined ? { query } : { query, form });
  } catch {
    return undefined;
  }
}
