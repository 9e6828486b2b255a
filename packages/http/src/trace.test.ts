import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { currentTraceparent, startTracing } from '@tessera/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpHandler, jsonResponse, type TraceparentOf } from './index.ts';
import { formPost, openRaw, requestText, startBench } from './testing/http-bench.ts';

const collector = createServer((request, response) => {
  request.resume();
  response.end('{}');
});
let tracing: { close(): Promise<void> };

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  tracing = await startTracing({ otlpEndpoint: `http://127.0.0.1:${port}`, service: 'test' });
});

afterAll(async () => {
  await tracing.close();
  collector.close();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const handler: HttpHandler = async () => jsonResponse(200, { traceId: currentTraceparent()?.split('-')[1] });
const formHandler: HttpHandler = async (request) => {
  const form = (await request.form()).entries;
  return jsonResponse(200, { traceId: currentTraceparent()?.split('-')[1], form });
};

async function ask(text: string, traceparentOf?: TraceparentOf) {
  const handlers = { home: handler, jwks: handler, token: formHandler, callback: formHandler };
  await using server = await startBench({ handlers, ...(traceparentOf ? { traceparentOf } : {}) });
  using connection = openRaw(server.port);
  connection.write(text);
  const { status, body } = await connection.next();
  return { status, body: JSON.parse(body) as { traceId?: string; form?: unknown } };
}

test('the span of a request is a child of the traceparent it came with', async () => {
  expect((await ask(requestText('GET', '/keys', [`traceparent: ${traceparent}`]))).body.traceId).toBe(traceId);
  expect((await ask(requestText('GET', '/keys'))).body.traceId).not.toBe(traceId);
  expect((await ask(requestText('GET', '/keys', ['traceparent: 00-garbage']))).body.traceId).toMatch(/^[0-9a-f]{32}$/);
});

test('a request without one joins the trace its flow tells of, by its query or its form', async () => {
  const asked: unknown[] = [];
  const traceparentOf: TraceparentOf = (route, { query, form }) => {
    asked.push([route, query, form?.get('state')]);
    return traceparent;
  };
  const get = await ask(requestText('GET', '/callback?state=a'), traceparentOf);
  const post = await ask(formPost('/callback?x=1', 'state=b'), traceparentOf);
  expect([get.body, post.body]).toEqual([
    { traceId, form: [] },
    { traceId, form: [['state', 'b']] },
  ]);
  const own = await ask(
    requestText('GET', '/', [`traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]),
    traceparentOf,
  );
  expect(own.body.traceId).toBe('a'.repeat(32));
  expect(await ask(requestText('GET', '/nothing/at/all', ['x: y']), traceparentOf).catch(() => 'not JSON')).toBe(
    'not JSON',
  );
  expect(asked).toEqual([
    ['callback', 'state=a', undefined],
    ['callback', 'x=1', 'b'],
  ]);
});

test('a form that cannot be read is the handler’s to refuse, and a flow that cannot be told makes no difference', async () => {
  const seen: unknown[] = [];
  const failing: TraceparentOf = (_route, parameters) => {
    seen.push(parameters);
    throw new Error('no flow');
  };
  expect((await ask(formPost('/token', 'a=1', ['content-type: text/plain']), failing)).status).toBe(415);
  expect((await ask(formPost('/token', 'a=%zz'), failing)).status).toBe(400);
  expect(await ask(formPost('/token', 'a=1'), failing)).toMatchObject({ status: 200, body: { form: [['a', '1']] } });
  expect(seen).toMatchObject([{ query: '' }, { query: '' }, { query: '', form: { entries: [['a', '1']] } }]);
});
