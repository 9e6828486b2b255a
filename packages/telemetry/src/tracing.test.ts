import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { currentTraceparent, flowTraceSuffix, isTracing, startTracing, traceparentOfFlow, withSpan } from './index.ts';

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
}

interface OtlpExport {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { stringValue?: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A collector that keeps what it is sent. */
async function startCollector() {
  const received: { readonly path: string | undefined; readonly body: OtlpExport }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) as OtlpExport });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    resources: () => received.flatMap(({ body }) => body.resourceSpans.map(({ resource }) => resource.attributes)),
    spans: () =>
      received.flatMap(({ body }) => body.resourceSpans.flatMap((of) => of.scopeSpans.flatMap(({ spans }) => spans))),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

test('spans reach the collector as one tree, with the name of the service', async () => {
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: `${collector.origin}/`, service: 'tessera-token' });
  await withSpan({ name: 'request', role: 'server' }, async () => {
    await withSpan({ name: 'first', role: 'internal' }, async () => undefined);
    await withSpan({ name: 'second', role: 'client' }, async () => undefined);
  });
  await withSpan({ name: 'elsewhere', role: 'server' }, async () => undefined);
  await tracing.close();
  expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  const named = new Map(collector.spans().map((span) => [span.name, span]));
  const root = named.get('request');
  expect([...named.keys()].sort()).toEqual(['elsewhere', 'first', 'request', 'second']);
  for (const name of ['first', 'second']) {
    expect(named.get(name)).toMatchObject({ traceId: root?.traceId, parentSpanId: root?.spanId });
  }
  expect(root?.parentSpanId ?? '').toBe('');
  expect(named.get('elsewhere')?.traceId).not.toBe(root?.traceId);
  for (const attributes of collector.resources()) {
    expect(attributes.find(({ key }) => key === 'service.name')?.value.stringValue).toBe('tessera-token');
  }
});

test('N96: nothing of the command line goes to the collector', async () => {
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: collector.origin, service: 'test' });
  await withSpan({ name: 'request', role: 'server' }, async () => undefined);
  await tracing.close();
  const keys = collector.resources().flatMap((attributes) => attributes.map(({ key }) => key));
  expect(keys).toContain('service.instance.id');
  expect(keys.filter((key) => key.startsWith('process.'))).toEqual([]);
});

test('a span of work that fails says so by the name of the error, not by its text', async () => {
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: collector.origin, service: 'test' });
  const failing = () => Promise.reject(new TypeError('password=hunter2'));
  await expect(withSpan({ name: 'fails', role: 'internal' }, failing)).rejects.toThrow('hunter2');
  await tracing.close();
  expect(collector.spans()).toMatchObject([{ name: 'fails', status: { code: 2, message: 'TypeError' } }]);
  expect(JSON.stringify(collector.received)).not.toContain('hunter2');
});

test('a traceparent joins the work of two processes; one that is none starts a trace of its own', async () => {
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: collector.origin, service: 'test' });
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const seen: (string | undefined)[] = [];
  const look = async () => void seen.push(currentTraceparent());
  await withSpan({ name: 'joined', role: 'server', parent }, look);
  await withSpan({ name: 'alone', role: 'server', parent: '00-nonsense' }, look);
  await tracing.close();
  expect(seen[0]).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
  expect(seen[1]).toMatch(/^00-(?!4bf92f3577b34da6)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('a flow’s identifier carries the span it was begun in, and later requests find it there', async () => {
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: collector.origin, service: 'test' });
  const random = new Uint8Array(16).fill(7);
  const begun = await withSpan({ name: 'authorization', role: 'server' }, async () => ({
    flowId: Buffer.concat([random, flowTraceSuffix()]),
    own: currentTraceparent(),
  }));
  await tracing.close();
  expect(begun.flowId).toHaveLength(40);
  expect(traceparentOfFlow(begun.flowId)).toBe(begun.own);
});

test('a flow begun without tracing carries nothing, and what is no flow’s identifier tells nothing', () => {
  expect(flowTraceSuffix()).toHaveLength(0);
  for (const length of [0, 16, 39, 41]) expect(traceparentOfFlow(new Uint8Array(length).fill(1))).toBeUndefined();
  expect(traceparentOfFlow(new Uint8Array(40))).toBeUndefined();
});

test('without a started tracer no span is made, and after close neither', async () => {
  const before = [isTracing(), await withSpan({ name: 'x', role: 'server' }, async (span) => span.isRecording())];
  await using collector = await startCollector();
  const tracing = await startTracing({ otlpEndpoint: collector.origin, service: 'test' });
  const during = [isTracing(), await withSpan({ name: 'x', role: 'server' }, async (span) => span.isRecording())];
  await tracing.close();
  const seen = await withSpan({ name: 'x', role: 'server' }, async () => trace.getSpan(context.active()));
  expect([before, during, isTracing(), seen, currentTraceparent()]).toEqual([
    [false, false],
    [true, true],
    false,
    undefined,
    undefined,
  ]);
});

test('work that throws before it returns a promise rejects all the same', async () => {
  const work = () => {
    throw new Error('no');
  };
  await expect(withSpan({ name: 'x', role: 'internal' }, work)).rejects.toThrow('no');
});
