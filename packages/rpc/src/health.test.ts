import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as contractOfHealth } from 'grpc-health-check';
import { expect, test, vi } from 'vitest';
import { fakeKeys } from './testing/fake-keys.ts';
import { startKeys } from './testing/rpc-bench.ts';

const requireFrom = createRequire(import.meta.url);

/** A client of a service that a package brings the description of. */
function clientOf(file: string, name: string, address: string): Client {
  const definition = loadSync(file, { longs: String, enums: String, defaults: true, oneofs: true });
  let found: unknown = loadPackageDefinition(definition);
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[part];
  return new (found as ServiceClientConstructor)(address, credentials.createInsecure());
}

interface Answer {
  readonly status: string;
}

/** A caller that reads the contract as gRPC's own project publishes it. */
function healthOf(address: string) {
  const client = clientOf(contractOfHealth, 'grpc.health.v1.Health', address);
  const call = <A>(method: 'check' | 'list', request: object): Promise<A> =>
    new Promise((resolve, reject) => {
      const done = (error: Error | null, answer: A): void => (error === null ? resolve(answer) : reject(error));
      (Reflect.get(client, method) as (request: object, done: unknown) => void).call(client, request, done);
    });
  return {
    check: async (service: string) => (await call<Answer>('check', { service })).status,
    list: async () => (await call<{ statuses: Record<string, Answer> }>('list', {})).statuses,
    watch: (service: string) =>
      (Reflect.get(client, 'watch') as (request: object) => ClientReadableStream<Answer>).call(client, { service }),
    [Symbol.dispose]: () => client.close(),
  };
}

async function nextOf(stream: AsyncIterator<Answer>): Promise<string> {
  return ((await stream.next()) as IteratorYieldResult<Answer>).value.status;
}

test('grpc.health.v1 tells of the server and of each service whether it serves', async () => {
  await using server = await startKeys(fakeKeys());
  using health = healthOf(server.address);
  expect(await health.check('')).toBe('NOT_SERVING');
  server.setServing(true);
  expect([await health.check(''), await health.check('tessera.keys.v1.KeysService')]).toEqual(['SERVING', 'SERVING']);
  server.setServing(false);
  expect(await health.check('tessera.keys.v1.KeysService')).toBe('NOT_SERVING');
  await expect(health.check('no.such.Service')).rejects.toThrow('NOT_FOUND');
});

test('grpc.health.v1 lists all services, and whoever watches one is told at once and at every change', async () => {
  await using server = await startKeys(fakeKeys());
  using health = healthOf(server.address);
  const watch = health.watch('tessera.keys.v1.KeysService');
  const unknown = health.watch('no.such.Service');
  const [told, toldUnknown] = [watch, unknown].map((stream) => stream[Symbol.asyncIterator]() as AsyncIterator<Answer>);
  if (told === undefined || toldUnknown === undefined) throw new Error('both are watched');
  expect([await nextOf(told), await nextOf(toldUnknown)]).toEqual(['NOT_SERVING', 'SERVICE_UNKNOWN']);
  server.setServing(true);
  expect(await nextOf(told)).toBe('SERVING');
  server.setServing(true);
  server.setServing(false);
  expect(await nextOf(told)).toBe('NOT_SERVING');
  const listed = await health.list();
  expect(listed).toMatchObject({
    '': { status: 'NOT_SERVING' },
    'tessera.keys.v1.KeysService': { status: 'NOT_SERVING' },
  });
  for (const stream of [watch, unknown]) stream.on('error', () => undefined).cancel();
});

test('N91: no more than a bounded number of callers watch, and one that goes leaves its place', async () => {
  await using server = await startKeys(fakeKeys());
  using health = healthOf(server.address);
  const watchers = Array.from({ length: 100 }, (_, index) => health.watch(index % 2 === 0 ? '' : 'no.such.Service'));
  for (const watcher of watchers) watcher.on('error', () => undefined);
  await Promise.all(watchers.map((watcher) => once(watcher, 'data')));
  const [refusal] = await once(health.watch('').resume(), 'error');
  expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  watchers[0]?.cancel();
  await vi.waitFor(async () => {
    const late = health.watch('');
    const [answer] = await once(late, 'data');
    expect(answer).toMatchObject({ status: 'NOT_SERVING' });
    late.on('error', () => undefined).cancel();
  });
  for (const watcher of watchers) watcher.cancel();
});

test.each(['v1', 'v1alpha'])('reflection %s lists the services and describes their messages', async (version) => {
  await using server = await startKeys(fakeKeys());
  const file = requireFrom.resolve(`@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`);
  const client = clientOf(file, `grpc.reflection.${version}.ServerReflection`, server.address);
  const ask = async (): Promise<string> => {
    const info = Reflect.get(client, 'serverReflectionInfo') as () => Duplex;
    const stream = info.call(client);
    stream.write({ host: '', listServices: '' });
    stream.write({ host: '', fileContainingSymbol: 'tessera.keys.v1.KeysService' });
    stream.end();
    return JSON.stringify(await stream.toArray());
  };
  // The first of them waits until it is loaded.
  for (const text of await Promise.all([ask(), ask()])) {
    for (const part of ['tessera.keys.v1.KeysService', 'grpc.health.v1.Health', 'fileDescriptorProto']) {
      expect(text).toContain(part);
    }
  }
  client.close();
});
