import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisEphemeralConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory, type RedisCluster, type RedisServer, startRedisCluster, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { leastRights, passOnServer } from '../../conformance/ephemeral-servers.ts';
import { freshId, sampleAuthorization } from '../../conformance/samples.ts';
import type { EphemeralStore } from '../../ports.ts';
import { openRedisStore } from './ephemeral.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
  await cluster.cliAll('ACL', 'SETUSER', 'tessera', ...leastRights('secret', 'test:'));
}, 60_000);
afterAll(() => cluster?.close(), 30_000);

function config(of = cluster, overrides: Partial<RedisEphemeralConfig> = {}): RedisEphemeralConfig {
  const nodes = of.nodes.map(({ host, port }) => ({ host, port }));
  return { type: 'redis', topology: { type: 'cluster', nodes }, prefix: 'test:', ...overrides };
}

async function open(of = cluster, warn: (fields: unknown) => void = () => undefined): Promise<EphemeralStore> {
  const store = openRedisStore({ config: config(of), logger: { ...silentLogger, warn } });
  await store.ready();
  return store;
}

ephemeralConformance('Redis Cluster, as a user with the least rights', {
  open: async (onCommand) => {
    const user = { username: 'tessera', password: 'secret' };
    const store = openRedisStore({ config: config(cluster, user), logger: silentLogger, onCommand });
    await store.ready();
    return store;
  },
  pass: async (seconds) => {
    for (const node of cluster.nodes.slice(0, 1)) await passOnServer(node, seconds);
  },
  shortTtlSeconds: 1,
  isRealTime: true,
});

test('a password that changes in its file is used by every node, also those that are found later', async () => {
  await using folder = await createTempDirectory('cluster-password');
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, 'secret');
  const user = { username: 'rotated', password: 'secret', passwordFile };
  await cluster.cliAll('ACL', 'SETUSER', 'rotated', ...leastRights('secret', 'test:'));
  const store = openRedisStore({ config: config(cluster, user), logger: silentLogger });
  await store.ready();
  const ids = Array.from({ length: 30 }, () => freshId());
  const works = async (): Promise<boolean> =>
    (await Promise.allSettled(ids.map((id) => store.getRequest(id)))).every(({ status }) => status === 'fulfilled');
  expect(await works()).toBe(true);
  await cluster.cliAll('ACL', 'SETUSER', 'rotated', 'resetpass', '>secret-2');
  expect(await works()).toBe(true);
  await writeFile(passwordFile, 'secret-2');
  await cluster.cliAll('CLIENT', 'KILL', 'USER', 'rotated');
  await waitFor(works, { what: 'every node to be there again' });
  await store.close();
});

/** The server on which the keys of an id lie. */
async function homeOf(id: string): Promise<RedisServer> {
  return cluster.ownerOf(await cluster.slotOf(`test:{${id}}:request`));
}

/** An id whose keys lie on `server`, or on any other. */
async function idOn(server: RedisServer, isThere = true): Promise<string> {
  return waitFor(
    async () => {
      const id = freshId();
      return ((await homeOf(id)) === server) === isThere ? id : undefined;
    },
    { what: 'an id on the server', intervalMs: 1 },
  );
}

const requestOf = (id: string) => ({ id, version: 1, payload: Uint8Array.of(1, 2) });
const completionOf = (id: string) => ({ id, version: 1, codeTtlSeconds: 60, attemptId: 'a' });

test('a batch over all nodes comes back in order', async () => {
  const store = await open();
  const ids = await Promise.all(cluster.nodes.flatMap((node) => [idOn(node), idOn(node)]));
  for (const id of ids) {
    await store.putRequest(requestOf(id), 60);
    await store.completeRequest({ ...completionOf(id), authorization: sampleAuthorization({ nonce: id }) });
  }
  const codes = await store.findCodes([...ids, freshId()]);
  expect(codes.map((code) => code?.nonce)).toEqual([...ids, undefined]);
  await store.close();
});

test('a slot that moves while it is used: nothing is lost and nothing is refused', async () => {
  const store = await open();
  // What stands before the dot decides about the slot.
  const tag = freshId();
  const [early, late, ended] = [`${tag}.early`, `${tag}.late`, `${tag}.ended`];
  const slot = await cluster.slotOf(`test:{${tag}}`);
  const source = await cluster.ownerOf(slot);
  const target = cluster.nodes.find((node) => node !== source) ?? source;
  for (const id of [early, ended]) await store.putRequest(requestOf(id), 60);

  await target.cli('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await cluster.idOf(source));
  await source.cli('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await cluster.idOf(target));
  // What is there is served by the source, what is new by the target (ASK).
  expect(await store.updateRequest(requestOf(early))).toBe(true);
  await store.putRequest(requestOf(late), 60);
  expect(await target.cli('CLUSTER', 'COUNTKEYSINSLOT', String(slot))).toBe('1');
  expect(await store.getRequest(late)).toEqual({ type: 'pending', request: requestOf(late) });
  expect(await store.getRequest(early)).toMatchObject({ type: 'pending', request: { version: 2 } });
  expect(await store.findCodes([early, late])).toEqual([undefined, undefined]);
  const used = await store.consumeOnce([{ scope: 's', value: tag, ttlSeconds: 60 }]);
  expect(used).toEqual([true]);
  // One key is there and the other is not yet: it waits for the end of the move (TRYAGAIN).
  const ending = store.completeRequest({ ...completionOf(ended), authorization: sampleAuthorization() });

  const keys = (await source.cli('CLUSTER', 'GETKEYSINSLOT', String(slot), '100')).split('\n');
  await source.cli('MIGRATE', target.host, String(target.port), '', '0', '2000', 'KEYS', ...keys);
  for (const node of [target, source, ...cluster.nodes]) {
    await node.cli('CLUSTER', 'SETSLOT', String(slot), 'NODE', await cluster.idOf(target));
  }
  expect(await ending).toBe(true);
  expect(await store.findCodes([ended])).toMatchObject([{ clientId: 'app' }]);
  expect(await store.updateRequest({ ...requestOf(early), version: 2 })).toBe(true);
  expect(await store.getRequest(late)).toMatchObject({ type: 'pending' });
  expect(await target.cli('CLUSTER', 'COUNTKEYSINSLOT', String(slot))).toBe('4');
  await store.close();
});

test('a primary without replica dies: its slots fail at once, the others go on, and it is found again', async () => {
  const lines: unknown[] = [];
  const store = await open(cluster, (fields) => lines.push(fields));
  const [victim] = cluster.nodes;
  if (victim === undefined) throw new Error('no node');
  const [here, elsewhere] = [await idOn(victim), await idOn(victim, false)];
  for (const id of [here, elsewhere]) await store.putRequest(requestOf(id), 600);
  await victim.stop('SIGKILL');
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    await expect(store.getRequest(here)).rejects.toMatchObject({ code: 'storage.unavailable' });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await store.getRequest(elsewhere)).toMatchObject({ type: 'pending' });
    expect(await store.updateRequest({ ...requestOf(elsewhere), version: round + 1 })).toBe(true);
  }
  // A batch says nothing rather than half of it.
  await expect(store.findCodes([here, elsewhere])).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(lines.length).toBeLessThanOrEqual(1);
  await victim.start();
  const works = async () => (await store.getRequest(here)).type === 'absent';
  await waitFor(works, { what: 'the node to be found again' });
  await store.putRequest(requestOf(here), 60);
  expect(await store.getRequest(here)).toMatchObject({ type: 'pending' });
  await store.close();
});

test('all nodes restart: calls fail in bounded time, then everything works by itself', async () => {
  const lines: unknown[] = [];
  const store = await open(cluster, (fields) => lines.push(fields));
  await Promise.all(cluster.nodes.map((node) => node.stop()));
  for (let call = 0; call < 3; call += 1) {
    const began = performance.now();
    await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
    expect(performance.now() - began).toBeLessThan(2800);
  }
  expect(lines.length).toBeLessThanOrEqual(cluster.nodes.length);
  await Promise.all(cluster.nodes.map((node) => node.start()));
  const id = freshId();
  const works = async () => (await store.getRequest(id)).type === 'absent';
  await waitFor(works, { what: 'the cluster to be found again', timeoutMs: 14_000 });
  await store.close();
});

test('one node to begin with is enough, and one that is wrong does no harm', async () => {
  const [node] = cluster.nodes;
  const nodes = [
    { host: '127.0.0.1', port: 1 },
    { host: 'localhost', port: node?.port ?? 0 },
  ];
  const topology = { type: 'cluster', nodes } as const;
  const store = openRedisStore({ config: config(cluster, { topology }), logger: silentLogger });
  await store.ready();
  for (const home of cluster.nodes) {
    expect(await store.getRequest(await idOn(home))).toEqual({ type: 'absent' });
  }
  await store.close();
});

test('a prefix with braces, which would decide about the slots, is refused', () => {
  expect(() => openRedisStore({ config: config(cluster, { prefix: '{a}' }), logger: silentLogger })).toThrow(
    'the prefix of the keys in a Redis Cluster must not have braces',
  );
});

describe('with replicas', () => {
  test('a primary dies under traffic: no call hangs, its replica is found, and what was copied is there', {
    timeout: 60_000,
  }, async () => {
    await using replicated = await startRedisCluster({ replicas: true });
    const store = await open(replicated);
    const ids = Array.from({ length: 30 }, () => freshId());
    for (const id of ids) await store.putRequest(requestOf(id), 600);
    const [victim] = replicated.nodes;
    const [heir] = replicated.replicas;
    const isCopied = async () => (await heir?.cli('DBSIZE')) === (await victim?.cli('DBSIZE'));
    await waitFor(isCopied, { what: 'the replica to have everything' });
    await victim?.stop('SIGKILL');
    let longestMs = 0;
    const works = async (): Promise<boolean> => {
      const began = performance.now();
      const states = await Promise.allSettled(ids.map((id) => store.getRequest(id)));
      longestMs = Math.max(longestMs, performance.now() - began);
      return states.every((state) => state.status === 'fulfilled' && state.value.type === 'pending');
    };
    await waitFor(works, { what: 'the replica to be found', timeoutMs: 30_000, intervalMs: 50 });
    expect(longestMs).toBeLessThan(2800);
    // A connection to a node that moved may be closed once more; what was not sent is sent again.
    for (const id of ids) {
      const update = () => store.updateRequest(requestOf(id)).catch(() => false);
      await waitFor(update, { what: 'the heir to take the change', intervalMs: 50 });
    }
    await store.close();
  });
});
