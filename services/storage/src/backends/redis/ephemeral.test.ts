import type { RedisEphemeralConfig } from '@tessera/config';
import { describeError, silentLogger } from '@tessera/telemetry';
import { pauseProcess, type RedisServer, startRedis, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { passOnServer } from '../../conformance/ephemeral-servers.ts';
import { freshId, sampleAuthorization } from '../../conformance/samples.ts';
import type { EphemeralStore, StoreObserver } from '../../ports.ts';
import { openRedisStore } from './ephemeral.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ persistence: 'always' });
}, 30_000);
afterAll(() => server?.close(), 30_000);

function config(overrides: Partial<RedisEphemeralConfig> = {}, port = server.port): RedisEphemeralConfig {
  const topology = { type: 'single', host: server.host, port, database: 0 } as const;
  return { type: 'redis', topology, prefix: 'test:', ...overrides };
}

async function open(onCommand: StoreObserver = () => undefined): Promise<EphemeralStore> {
  const store = openRedisStore({ config: config(), logger: silentLogger, onCommand });
  await store.ready();
  return store;
}

ephemeralConformance('Redis', {
  open,
  pass: (seconds) => passOnServer(server, seconds),
  shortTtlSeconds: 1,
  isRealTime: true,
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
  await server.cli('SCRIPT', 'FLUSH');
  const attempts = [1, 2, 3].map(() => ({ key: id, limit: 2, windowSeconds: 60 }));
  expect((await store.countAttempts(attempts)).map(({ count }) => count)).toEqual([1, 2, 3]);
  await store.close();
});

test('N20: foreign values under our keys say nothing, are not overwritten, and let nothing pass', async () => {
  const store = await open();
  const app = { kind: 'pushed_request', owner: '' } as const;
  const attempt = { limit: 5, windowSeconds: 60 };
  for (const write of [['SET'], ['HSET', 'type'], ['SADD']] as const) {
    const id = freshId();
    const [command, ...field] = write;
    const plant = (key: string, value: string) => server.cli(command, `test:${key}`, ...field, value);
    await plant(`{${id}}:request`, 'code:{}');
    await plant(`{${id}}:code`, 'request:1');
    await plant(`{${id}}:device`, 'request:1');
    await plant(`{${id}}:pushed_request`, 'upstream_state:""');
    await plant(`{s:${id}}:used`, 'x');
    await plant(`{${id}}:attempts`, 'attempts:x');
    const before = await server.cli('DBSIZE');

    expect(await store.getRequest(id)).toEqual({ type: 'absent' });
    await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 60);
    expect(await store.updateRequest({ id, version: 1, payload: new Uint8Array() })).toBe(false);
    expect(await store.completeRequest({ ...completionOf(id), authorization: sampleAuthorization() })).toBe(false);
    expect(await store.findCodes([id, `${id}.device`])).toEqual([undefined, undefined]);
    expect(await store.takeEntry({ ...app, id })).toBeUndefined();
    const device = { userCode: id, deviceId: `${id}.device`, clientId: 'app' };
    const request = { ...device, payload: new Uint8Array(), ttlSeconds: 60, intervalSeconds: 5 };
    expect(await store.putDevice(request)).toBe(false);
    expect(await store.findDevice(id)).toBeUndefined();
    expect(await store.pollDevice(device)).toBe('unknown');
    expect(await store.decideDevice({ userCode: id, attemptId: 'a' })).toBe(false);
    expect(await store.consumeOnce([{ scope: 's', value: id, ttlSeconds: 60 }])).toEqual([false]);
    expect(await store.countAttempts([{ ...attempt, key: id }])).toEqual([
      { count: 6, isAllowed: false, retryAfterSeconds: 60 },
    ]);
    expect(await server.cli('DBSIZE')).toBe(before);
    // It leaves by itself, so that nobody is locked out for good.
    expect(Number(await server.cli('TTL', `test:{${id}}:attempts`))).toBeGreaterThan(50);
  }
  await store.close();
});

test('RFC 8628 §3.5: a poll that came too early lengthens the interval by five seconds, by the server’s clock', async () => {
  const store = await open();
  const userCode = freshId();
  const device = { userCode, deviceId: `${userCode}.x`, clientId: 'app' };
  await store.putDevice({ ...device, payload: new Uint8Array(), ttlSeconds: 60, intervalSeconds: 5 });
  const key = `test:{${userCode}}:device`;
  const nextIn = async (): Promise<number> => {
    const [seconds = 0, microseconds = 0] = (await server.cli('TIME')).split('\n').map(Number);
    return Number(await server.cli('HGET', key, 'next')) - seconds * 1000 - microseconds / 1000;
  };
  expect(await store.pollDevice(device)).toBe('pending');
  expect(await server.cli('HGET', key, 'interval')).toBe('5000');
  expect(await store.pollDevice(device)).toBe('slow_down');
  expect(await server.cli('HGET', key, 'interval')).toBe('10000');
  expect(await nextIn()).toBeGreaterThan(8000);
  expect(await nextIn()).toBeLessThanOrEqual(10_000);
  // Ten seconds later.
  await server.cli('HINCRBY', key, 'next', '-10000');
  expect(await store.pollDevice(device)).toBe('pending');
  expect(await server.cli('HGET', key, 'interval')).toBe('10000');
  await store.close();
});

test('everything that is written has a lifetime and lies below the prefix', async () => {
  await server.cli('FLUSHALL');
  const store = await open();
  const id = freshId();
  await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 60);
  await store.completeRequest({ ...completionOf(id), authorization: sampleAuthorization() });
  await store.putEntry({ kind: 'upstream_state', id, owner: '' }, new Uint8Array(), 60);
  const device = { userCode: id, deviceId: `${id}.x`, clientId: 'app', payload: new Uint8Array() };
  await store.putDevice({ ...device, ttlSeconds: 60, intervalSeconds: 5 });
  await store.pollDevice(device);
  await store.decideDevice({ userCode: id, authorization: sampleAuthorization(), attemptId: 'a' });
  await store.consumeOnce([{ scope: 's', value: id, ttlSeconds: 60 }]);
  for (let count = 0; count < 3; count += 1) await store.countAttempts([{ key: id, limit: 1, windowSeconds: 60 }]);
  const keys = (await server.cli('KEYS', '*')).split('\n').toSorted();
  expect(keys).toEqual(
    [
      `{${id}}:attempts`,
      `{${id}}:code`,
      `{${id}}:device`,
      `{${id}}:request`,
      `{${id}}:upstream_state`,
      `{s:${id}}:used`,
    ]
      .map((key) => `test:${key}`)
      .toSorted(),
  );
  for (const key of keys) expect(Number(await server.cli('TTL', key))).toBeGreaterThan(50);
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

test('a server that hangs costs a bounded wait, its connection is given up, and it is found again', async () => {
  const store = await open();
  const id = freshId();
  await pauseProcess(server.pid);
  const began = performance.now();
  const calls = [store.getRequest(id), store.findCodes([id, `${id}.x`]), store.forgetAttempts([id])];
  for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
  await expect(store.getRequest(id)).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(performance.now() - began).toBeLessThan(3000);
  process.kill(server.pid, 'SIGCONT');
  const works = async () => (await store.getRequest(id)).type === 'absent';
  await waitFor(works, { what: 'the server to be found again' });
  await store.close();
});

test('an outage is one line in the log, however many calls it fails, and the next outage is another', async () => {
  const lines: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: unknown) => lines.push(fields) };
  const store = openRedisStore({ config: config(), logger });
  await store.ready();
  for (let outage = 1; outage <= 2; outage += 1) {
    await server.stop();
    for (let call = 0; call < 3; call += 1) await expect(store.findCodes(['canary-code'])).rejects.toThrow();
    expect(lines).toHaveLength(outage);
    await server.start();
    await store.ready();
  }
  expect(lines[0]).toMatchObject({ redis: `${server.host}:${server.port}` });
  expect(JSON.stringify(lines.map((line) => describeError((line as { err: unknown }).err)))).not.toContain('canary');
  await store.close();
});

test('a right that the user lacks is told once, and no secret with it', async () => {
  await server.cli('ACL', 'SETUSER', 'reader', 'reset', 'on', '>canary-secret', '~*', '+@all', '-set');
  const lines: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: unknown) => lines.push(fields) };
  const user = { username: 'reader', password: 'canary-secret' };
  const store = openRedisStore({ config: config(user), logger });
  await store.ready();
  const request = { id: freshId(), version: 1, payload: Buffer.from('canary-payload') };
  for (let call = 0; call < 3; call += 1) {
    await expect(store.putRequest(request, 60)).rejects.toMatchObject({ code: 'storage.unavailable' });
  }
  expect(lines).toMatchObject([{ redis: 'put_request', err: { message: expect.stringContaining('NOPERM') } }]);
  expect(JSON.stringify(lines.map((line) => describeError((line as { err: unknown }).err)))).not.toContain('canary');
  await server.cli('ACL', 'SETUSER', 'reader', '+set');
  await store.putRequest(request, 60);
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
  const store = openRedisStore({ config: config({}, 1), logger: silentLogger });
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
