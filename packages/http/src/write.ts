import type { ServerResponse } from 'node:http';
import { type HttpResponse, jsonResponse } from './message.ts';

/** What goes with every answer. */
export interface Framing {
  /** Extra headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** The answer to a HEAD request has no body. */
  readonly isHead: boolean;
  /** The last answer of its connection. */
  readonly isLast: boolean;
}

/** The answer to a request that the kernel itself failed with. */
export const failureAnswer: HttpResponse = jsonResponse(500, {
  error: 'server_error',
  error_description: 'The server met an unexpected condition.',
});

/**
 * Sends an answer. Throws TypeError or RangeError when its status or a header cannot be sent, as a header with a line
 * break (N89); nothing has been sent then, and another answer may be.
 */
export function writeAnswer(response: ServerResponse, answer: HttpResponse, framing: Framing): void {
  const { status, body } = answer;
  const headers: Record<string, string | readonly string[]> = { ...framing.headers, ...answer.headers };
  headers['x-request-id'] = framing.requestId;
  if (framing.isLast) headers['connection'] = 'close';
  if (status !== 204 && status !== 304) {
    headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  }
  response.writeHead(status, headers as Record<string, string | string[]>);
  // As a string, the body leaves in one piece with the head.
  if (framing.isHead) response.end();
  else response.end(body);
}
