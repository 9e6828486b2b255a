import { OAuthError, TesseraError } from '@tessera/errors';
import { expect, test } from 'vitest';
import { type HttpHandler, type HttpResponse, jsonResponse } from './index.ts';
import { openRaw, requestText, startBench } from './testing/http-bench.ts';

async function ask(handler: HttpHandler, options: Parameters<typeof startBench>[0] = {}, target = '/keys') {
  await using server = await startBench({ handlers: { jwks: handler, home: handler }, ...options });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', target));
  const answer = await connection.next();
  connection.write(requestText('GET', '/nothing'));
  expect((await connection.next()).status).toBe(404);
  return { ...answer, records: server.records.slice(0, -1) };
}

const failing =
  (thrown: unknown): HttpHandler =>
  () =>
    Promise.reject(thrown as Error);

test('RFC 6749 §5.2: what a handler throws on a client’s route is JSON with its status and headers', async () => {
  const error = new OAuthError({
    error: 'invalid_client',
    description: 'Who?',
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="x"' },
  });
  const { status, headers, body, records } = await ask(failing(error));
  expect([status, JSON.parse(body)]).toEqual([401, { error: 'invalid_client', error_description: 'Who?' }]);
  expect([headers.get('www-authenticate'), headers.get('cache-control')]).toEqual(['Basic realm="x"', 'no-store']);
  expect(records).toMatchObject([{ level: 'info', fields: { status: 401 } }]);
});

test('on a person’s route it is a page, with the reference of the request', async () => {
  const { status, headers, body } = await ask(failing(new Error('no')), {}, '/');
  expect([status, headers.get('content-type')]).toEqual([500, 'text/html']);
  expect(body).toBe(`<p>server_error ${headers.get('x-request-id')}</p>`);
});

test('a neighbour that is down is 503 with Retry-After, anything else 500, and neither tells more', async () => {
  const down = new TesseraError({
    kind: 'unavailable',
    code: 'storage.down',
    message: 'host 10.0.0.1',
    retryAfterSeconds: 3,
  });
  const unavailable = await ask(failing(down));
  expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '3']);
  expect(unavailable.body).not.toContain('10.0.0.1');
  for (const thrown of [new Error('password=hunter2'), 'hunter2', undefined, null, { hunter2: true }, 42n]) {
    const { status, body, records } = await ask(failing(thrown));
    expect([status, JSON.parse(body)]).toMatchObject([500, { error: 'server_error' }]);
    expect(body).not.toContain('hunter2');
    expect(records).toMatchObject([{ level: 'error' }, { level: 'info', fields: { status: 500 } }]);
  }
});

test('a handler that throws before it returns a promise is answered 500 as well', async () => {
  const handler = () => {
    throw new Error('no');
  };
  expect((await ask(handler)).status).toBe(500);
});

test.each<[string, unknown]>([
  ['a line break in a header value', { status: 200, headers: { 'x-evil': 'a\r\nset-cookie: b=c' }, body: 'x' }],
  ['a line break in a redirect', { status: 303, headers: { location: '/\nset-cookie: b=c' }, body: '' }],
  ['a line break in a header name', { status: 200, headers: { 'x\r\nset-cookie': 'b=c' }, body: 'x' }],
  [
    'a line break in one of several values',
    { status: 200, headers: { 'set-cookie': ['a=b', 'c\r\nx: y'] }, body: 'x' },
  ],
  ['a header without a value', { status: 200, headers: { 'x-none': undefined }, body: 'x' }],
  ['a status that is none', { status: 42, headers: {}, body: 'x' }],
  ['no body', { status: 200, headers: {} }],
  ['no answer', undefined],
])('N89: an answer with %s becomes a 500, and nothing of it is sent', async (_what, answer) => {
  const { status, headers, body, records } = await ask(async () => answer as HttpResponse);
  expect([status, JSON.parse(body)]).toMatchObject([500, { error: 'server_error' }]);
  expect([headers.has('set-cookie'), headers.has('x-evil'), headers.has('location')]).toEqual([false, false, false]);
  expect(records.some(({ level }) => level === 'error')).toBe(true);
});

test('an error page that fails itself is answered 500', async () => {
  const errorPage = () => {
    throw new Error('no template');
  };
  const { status, body } = await ask(failing(new Error('first')), { errorPage }, '/');
  expect([status, JSON.parse(body)]).toMatchObject([500, { error: 'server_error' }]);
});

test('the deadline of the work is that of the server, and its request id the one answered', async () => {
  const { currentContext } = await import('@tessera/telemetry');
  const handler: HttpHandler = async () => {
    const { requestId, deadlineMs = 0 } = currentContext() ?? {};
    return jsonResponse(200, { requestId, leftMs: deadlineMs - performance.now() });
  };
  const { headers, body } = await ask(handler, { deadlineMs: 3_000 });
  const { requestId, leftMs } = JSON.parse(body) as { requestId: string; leftMs: number };
  expect(requestId).toBe(headers.get('x-request-id'));
  expect(leftMs).toBeGreaterThan(2_000);
  expect(leftMs).toBeLessThanOrEqual(3_000);
});
