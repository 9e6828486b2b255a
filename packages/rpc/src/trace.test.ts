import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { currentTraceparent, startTracing, withSpan } from '@tessera/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBatcher, succeeded } from './batcher.ts';
import { fakeKeys } from './testing/fake-keys.ts';
import { dialKeys, startKeys } from './testing/rpc-bench.ts';

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

const traceIdOf = (traceparent = ''): string | undefined => traceparent.split('-')[1];

test('a call is a child of the span it was made in, on both sides of the wire', async () => {
  const seen: (string | undefined)[] = [];
  const look = async () => {
    seen.push(currentTraceparent());
    return { version: '1', jwksJson: [] };
  };
  await using server = await startKeys(fakeKeys({ getPublicKeys: look }));
  using keys = dialKeys([server.address]);
  const own = await withSpan({ name: 'request', role: 'server' }, async () => {
    await keys.client.getPublicKeys({ knownVersion: '' });
    return currentTraceparent();
  });
  expect(traceIdOf(own)).toMatch(/^[0-9a-f]{32}$/);
  expect(seen.map(traceIdOf)).toEqual([traceIdOf(own)]);
});

test('a batch belongs to the trace of its first caller, also when it had to wait for an earlier batch', async () => {
  const seen: (string | undefined)[] = [];
  const gate = Promise.withResolvers<void>();
  const send = async (items: readonly number[]) => {
    seen.push(traceIdOf(currentTraceparent()));
    await gate.promise;
    return items.map(succeeded);
  };
  const call = createBatcher({ name: 'test', send, maxInFlight: 1 });
  const inTrace = (item: number) =>
    withSpan({ name: `request ${item}`, role: 'server' }, async () => {
      await call(item);
      return traceIdOf(currentTraceparent());
    });
  const first = inTrace(1);
  await new Promise((resolve) => setImmediate(resolve));
  const second = inTrace(2);
  gate.resolve();

  const own = [await first, await second];
  expect(seen).toEqual(own);
  expect(new Set(own).size).toBe(2);
});
