import type { IncomingMessage } from 'node:http';
import { type Parameters, parseFormParameters } from '@tessera/oauth';
import { type FormEncoding, invalid, readForm } from './body.ts';
import { readCookie } from './cookies.ts';
import type { HttpRequest } from './message.ts';
import type { RouteMatch } from './router.ts';
import type { RequestTarget } from './target.ts';

/** What is known of a request before it is handed to its route. */
export interface Incoming {
  readonly message: IncomingMessage;
  readonly requestId: string;
  readonly target: RequestTarget;
  /** Address of the person or client, as far as the trusted proxies tell. */
  readonly address: string;
}

/** The request as a handler sees it. The body is read when first asked for, and only once. */
export function createRequest(incoming: Incoming, match: RouteMatch, method: 'GET' | 'POST'): HttpRequest {
  const { message, target } = incoming;
  let form: Promise<Parameters> | undefined;
  const hasForm = method === 'POST' && match.spec.body === 'form';
  return {
    method,
    path: target.path,
    queryString: target.queryString,
    headers: message.headers,
    segments: match.segments,
    remoteAddress: incoming.address,
    query: () => parseParameters(target.queryString, 'The query is malformed.'),
    form: () => {
      form ??= hasForm ? readForm(message, encodingOf(match)) : Promise.resolve(parseParameters('', ''));
      return form;
    },
    cookie: (name) => readCookie(message.headers.cookie, name),
  };
}

/** Pages post forms of our own making. */
function encodingOf({ spec }: RouteMatch): FormEncoding {
  return spec.audience === 'client' ? 'urlencoded-or-multipart' : 'urlencoded';
}

/** A parameter sent twice is not refused here: which names matter, and what to answer, is the endpoint's to say. */
function parseParameters(text: string, description: string): Parameters {
  const parsed = parseFormParameters(text);
  if (!parsed.ok) throw invalid(400, description);
  return parsed.parameters;
}

/** A header sent once; undefined otherwise. */
export function singleHeader(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return typeof value === 'string' ? value : undefined;
}
