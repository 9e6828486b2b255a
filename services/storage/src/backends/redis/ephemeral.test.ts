import { describeError, silentLogger } from '@tessera/telemetry';
import { type RedisServer, startRedis, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { freshId, sampleAuthorization } from '../../conformance/samples.ts';
import type { EphemeralStore, StoreObserver } from '../../ports.ts';
import type { RedisConfig } from './connection.ts';
import { openRedisStore } from './ephemeral.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ persistence: 'always' });
}, 30_000);
afterAll(() => server?.close(), 30_000);

function config(overrides: Partial<RedisConfig> = {}): RedisConfig {
  return { type: 'redis', host: server.host, port: server.port, database: 0, prefix: 'test:', ...overrides };
}

async function open(onCommand: StoreObserver = () => undefined): Promise<EphemeralStore> {
  const store = openRedisStore({ config: config(), logger: silentLogger, onCommand });
  await store.ready();
  return store;
}

ephemeralConformance('Redis', {
  open,
  // The server's own clock moves by itself: wait until it has let go of every key with the short lifetime.
  pass: async (seconds) => {
    const isOver = async (): Promise<boolean> => {
      const keys = (await server.cli('KEYS', 'test:*')).split('\n').filter((key) => key !== '');
      const ttls = await Promise.all(keys.map(async (key) => Number(await server.cli('PTTL', key))));
      return ttls.every((ttl) => ttl > seconds * 1000);
    };
    await waitFor(isOver, { what: 'Redis to let the short-lived keys go' });
  },
  shortTtlSeconds: 1,
});

const completionOf = (id: string) => ({ id, version: 1, codeTtlSeconds: 60, attemptId: 'a' });

test('both keys of a sign-in share a slot, carry the prefix and a lifetime, and nothing else is written', async () => {
  await server.cli('FLUSHALL');
  const store = await open();
  const id = freshId();
  await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 86_400);
  await store.completeRequest({ ...completionOf(id), authorization: sampleAuthorization() });
  const keys = (await server.cli('KEYS', '*')).split('\n').toSorted();
  expect(keys).toEqual([`test:{${id}}:code`, `test:{${id}}:request`]);
  const [code, request] = await Promise.all(keys.map(async (key) => Number(await server.cli('TTL', key))));
  expect(code).toBeGreaterThan(50);
  expect(code).toBeLessThanOrEqual(60);
  expect(request).toBeGreaterThan(86_000);
  await store.close();
});

test('a tombstone lives ten minutes longer than its code when the request would have ended before', async () => {
  await server.cli('FLUSHALL');
  const store = await open();
  const id = freshId();
  await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 5);
  await store.completeRequest(completionOf(id));
  expect(Number(await server.cli('TTL', `test:{${id}}:request`))).toBeGreaterThan(650);
  await store.close();
});

test('a server that forgot the scripts is given them again', async () => {
  const store = await open();
  const id = freshId();
  await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 60);
  await server.cli('SCRIPT', 'FLUSH');
  expect(await store.updateRequest({ id, version: 1, payload: Uint8Array.of(1) })).toBe(true);
  await server.cli('SCRIPT', 'FLUSH');
  expect(await store.completeRequest({ ...completionOf(id), version: 2 })).toBe(true);
  await store.close();
});

test('N20: a foreign value under our keys is neither a request nor a code', async () => {
  const store = await open();
  const id = freshId();
  await server.cli('SET', `test:{${id}}:request`, 'code:{}');
  await server.cli('SET', `test:{${id}}:code`, 'request:1');
  expect(await store.getRequest(id)).toEqual({ type: 'absent' });
  expect(await store.findCodes([id])).toEqual([undefined]);
  await store.close();
});

test('a restart of the server: calls fail in bounded time, then everything is there', async () => {
  const store = await open();
  const id = freshId();
  const request = { id, version: 1, payload: Uint8Array.of(1, 2) };
  await store.putRequest(request, 600);
  await server.stop();
  const began = performance.now();
  await expect(store.getRequest(id)).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  expect(performance.now() - began).toBeLessThan(3000);
  await server.start();
  await store.ready();
  expect(await store.getRequest(id)).toEqual({ type: 'pending', request });
  await store.close();
  await expect(store.getRequest(id)).rejects.toMatchObject({ code: 'storage.unavailable' });
});

test('a server that hangs costs a bounded wait', async () => {
  const store = await open();
  process.kill(server.pid, 'SIGSTOP');
  try {
    await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await store.close();
});

test('a server that is down when we start: ready waits for it', async () => {
  await server.stop();
  const store = openRedisStore({ config: config(), logger: silentLogger });
  const waiting = store.ready();
  await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
  await server.start();
  await waiting;
  expect(await store.getRequest(freshId())).toEqual({ type: 'absent' });
  await store.close();
});

test('a password the server does not take yet: ready waits until it does', async () => {
  await server.cli('ACL', 'SETUSER', 'tessera', 'reset', 'on', '>other', '~*', '&*', '+@all');
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const logger = { ...silentLogger, warn: resolve };
  const store = openRedisStore({ config: config({ username: 'tessera', password: 'canary-secret' }), logger });
  const complaint = await promise;
  expect(complaint).toMatchObject({ err: { message: expect.stringContaining('WRONGPASS') } });
  expect(JSON.stringify(describeError((complaint as { err: Error }).err))).not.toContain('canary-secret');
  await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
  await server.cli('ACL', 'SETUSER', 'tessera', '>canary-secret');
  await store.ready();
  expect(await store.getRequest(freshId())).toEqual({ type: 'absent' });
  await store.close();
});

test('closing ends the waiting for a server that never comes', async () => {
  const store = openRedisStore({ config: config({ port: 1 }), logger: silentLogger });
  const waiting = store.ready();
  await store.close();
  await waiting;
  await expect(store.findCodes(['x'])).rejects.toMatchObject({ code: 'storage.unavailable' });
});

test('a TLS file that cannot be read is named', () => {
  const tls = { caFile: '/nowhere/ca.pem' };
  expect(() => openRedisStore({ config: config({ tls }), logger: silentLogger })).toThrow(
    'cannot use the TLS file /nowhere/ca.pem: it does not exist',
  );
});
