import { OAuthError, TesseraError, toOAuthError } from '@tessera/errors';
import { invalid } from './body.ts';
import { anyOrigin, type CorsPolicy, corsHeaders, preflight, withVary } from './cors.ts';
import { type HttpHandler, type HttpRequest, type HttpResponse, jsonResponse } from './message.ts';
import type { HttpServerOptions } from './options.ts';
import { createRequest, type Incoming, singleHeader } from './request.ts';
import type { RouteSpec } from './route-table.ts';
import type { RouteMatch } from './router.ts';

/** A request on its way to its answer. */
export interface Routed {
  readonly match: RouteMatch | undefined;
  /** What answers it, given how: undefined where the kernel itself does. */
  readonly work: { readonly handler: HttpHandler; readonly request: HttpRequest } | undefined;
}

/** Finds out who answers a request: a handler, when the route is ours and takes the method, else the kernel. */
export function routeRequest(options: HttpServerOptions, incoming: Incoming, match: RouteMatch | undefined): Routed {
  const handler = match === undefined ? undefined : options.handlers[match.name];
  if (match === undefined || handler === undefined) return { match: undefined, work: undefined };
  const method = incoming.message.method === 'HEAD' ? 'GET' : incoming.message.method;
  const known = match.spec.methods.find((allowed) => allowed === method);
  const work = known === undefined ? undefined : { handler, request: createRequest(incoming, match, known) };
  return { match, work };
}

/** The answer to a request. Whatever a handler throws becomes an answer too: JSON for clients, a page for people. */
export async function answerRequest(
  options: HttpServerOptions,
  incoming: Incoming,
  routed: Routed,
): Promise<HttpResponse> {
  const { match, work } = routed;
  const origin = singleHeader(incoming.message, 'origin');
  const policy = match === undefined ? undefined : corsPolicyOf(options, match.spec);
  const cors = policy === undefined ? undefined : corsHeaders(policy, origin);
  try {
    if (work === undefined) return await answerByKernel(options, incoming, match, origin);
    const answer = await work.handler(work.request);
    return cors === undefined ? answer : { ...answer, headers: withVary(cors, answer.headers) };
  } catch (thrown) {
    const error = thrown instanceof OAuthError ? thrown : toOAuthError(TesseraError.from(thrown));
    if (error.status >= 500) options.logger.error({ err: thrown }, 'request failed');
    const answer = errorAnswer(options, incoming, match, error);
    return { ...answer, headers: { ...withVary(cors ?? {}, answer.headers), ...error.headers } };
  }
}

async function answerByKernel(
  options: HttpServerOptions,
  { message }: Incoming,
  match: RouteMatch | undefined,
  origin: string | undefined,
): Promise<HttpResponse> {
  if (match === undefined) {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
    return { status: 404, headers, body: '404 page not found\n' };
  }
  const policy = corsPolicyOf(options, match.spec);
  if (message.method === 'OPTIONS' && policy !== undefined) return preflight(policy, origin, match.spec.methods);
  throw invalid(405, 'The method is not allowed here.', { allow: allowedMethods(match.spec) });
}

function corsPolicyOf(options: HttpServerOptions, { cors }: RouteSpec): CorsPolicy | undefined {
  if (cors === 'public') return anyOrigin;
  return cors ? options.cors : undefined;
}

/** The value of `Allow` (RFC 9110 §10.2.1). */
function allowedMethods(spec: RouteSpec): string {
  const methods = spec.methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...methods, ...(spec.cors === false ? [] : ['OPTIONS'])].join(', ');
}

function errorAnswer(
  options: HttpServerOptions,
  { message, requestId, target }: Incoming,
  match: RouteMatch | undefined,
  error: OAuthError,
): HttpResponse {
  if (match?.spec.audience !== 'person') return jsonResponse(error.status, error.toBody());
  return options.errorPage(error, { requestId, headers: message.headers, queryString: target.queryString });
}
