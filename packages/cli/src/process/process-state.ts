import { unavailable } from '@tessera/errors';
import {
  type ErrorPage,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type RouteName,
  type RouteSpec,
  routeTable,
} from '@tessera/http';
import type { Composition } from '../compose/compose-services.ts';

/** Where a process stands, as its HTTP listeners see it. */
export interface ProcessState {
  phase: 'starting' | 'serving' | 'draining';
  /** Undefined until the services are created. */
  composition: Composition | undefined;
}

/**
 * Handlers for all routes of the given services. They can listen before the services exist: until then they answer that
 * the service is unavailable. `/healthz` is the process's own, whatever services it runs.
 */
export function handlersOf(state: ProcessState, services: readonly string[]): Partial<Record<RouteName, HttpHandler>> {
  const names = (Object.keys(routeTable) as RouteName[]).filter((name) => services.includes(serviceOf(name)));
  const routes = names.map((name): [RouteName, HttpHandler] => [name, (request) => find(state, name)(request)]);
  return { ...Object.fromEntries(routes), health: (request) => answerHealth(state, request) };
}

function serviceOf(name: RouteName): RouteSpec['service'] {
  return routeTable[name].service;
}

function find(state: ProcessState, name: RouteName): HttpHandler {
  for (const { handlers } of state.composition?.services ?? []) {
    const handler = handlers[name];
    if (handler !== undefined) return handler;
  }
  throw unavailable('process.starting', 'the service is starting');
}

/** Where a service of this process knows more about its own health, its word counts while the process serves. */
async function answerHealth(state: ProcessState, request: HttpRequest): Promise<HttpResponse> {
  const own = state.composition?.services.find(({ handlers }) => handlers.health !== undefined)?.handlers.health;
  return state.phase === 'serving' && own !== undefined ? own(request) : health(state);
}

/** 200 while requests are welcome, 503 before and while the process drains. */
export function health({ phase }: ProcessState): HttpResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return phase === 'serving'
    ? { status: 200, headers, body: 'Health check passed' }
    : { status: 503, headers: { ...headers, 'retry-after': '1' }, body: `Not ready: ${phase}\n` };
}

/** The authorize service's page for errors; plain text until there is one. */
export function errorPageOf(state: ProcessState): ErrorPage {
  return (error, request) => {
    const page = state.composition?.errorPage;
    if (page !== undefined) return page(error, request);
    return {
      status: error.status,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
      body: `${error.description}\nReference: ${request.requestId}\n`,
    };
  };
}
