import { OAuthError, TesseraError, toOAuthError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, invalid, jsonResponse } from '@tessera/http';
import { parseFormParameters } from '@tessera/oauth';

/** A request as a test writes it. */
export interface TestRequest {
  readonly method?: 'GET' | 'POST';
  readonly query?: string;
  /** Pairs, or the raw text of the form. */
  readonly form?: Readonly<Record<string, string>> | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `192.0.2.1`. */
  readonly remoteAddress?: string;
}

/** What came back, with the body parsed if it is JSON. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends a request to a handler and turns what it throws into an answer, as the HTTP kernel does. */
export async function send(handler: HttpHandler | undefined, request: TestRequest): Promise<TestAnswer> {
  if (handler === undefined) throw new Error('no such handler');
  const answer = await handler(toHttpRequest(request)).catch((thrown: unknown) => {
    const error = thrown instanceof OAuthError ? thrown : toOAuthError(TesseraError.from(thrown));
    const plain = jsonResponse(error.status, error.toBody());
    return { ...plain, headers: { ...plain.headers, ...error.headers } };
  });
  const text = Buffer.from(answer.body).toString('utf8');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: answer.headers['content-type'] === 'application/json' ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

/** An `Authorization` header of scheme Basic, encoded as RFC 6749 §2.3.1 wants. */
export function basicHeader(id: string, secret: string): { authorization: string } {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function toHttpRequest({
  method = 'POST',
  query = '',
  form,
  headers = {},
  remoteAddress = '192.0.2.1',
}: TestRequest): HttpRequest {
  const text = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const all: Readonly<Record<string, string>> = { ...type, ...headers };
  return {
    method,
    path: '/',
    queryString: query,
    query: () => parsed(query),
    form: async () => {
      if (method === 'POST' && all['content-type'] !== 'application/x-www-form-urlencoded') {
        throw invalid(415, 'The content type must be application/x-www-form-urlencoded.');
      }
      return parsed(method === 'POST' ? text : '');
    },
    headers: all,
    segments: {},
    remoteAddress,
    cookie: () => undefined,
  };
}

function parsed(text: string): ReturnType<HttpRequest['query']> {
  const outcome = parseFormParameters(text);
  if (!outcome.ok) throw invalid(400, 'The request body is malformed.');
  return outcome.parameters;
}
