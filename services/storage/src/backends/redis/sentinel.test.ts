import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { RedisEphemeralConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory, type RedisSentinel, startRedisSentinel, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { leastRights, passOnServer } from '../../conformance/ephemeral-servers.ts';
import { freshId, sampleAuthorization, sampleCode } from '../../conformance/samples.ts';
import { createRedeemCodes } from '../../operations/redeem-codes.ts';
import type { EphemeralStore } from '../../ports.ts';
import { createMemoryDurableStore } from '../memory/durable.ts';
import { openRedisStore } from './ephemeral.ts';

let servers: RedisSentinel;
beforeAll(async () => {
  servers = await startRedisSentinel();
  for (const node of servers.nodes) await node.cli('ACL', 'SETUSER', 'tessera', ...leastRights('secret', 'test:'));
  for (const sentinel of servers.sentinels) {
    await sentinel.cli('ACL', 'SETUSER', 'watcher', 'reset', 'on', '>other', '&*', '-@all', '+sentinel', '+subscribe');
  }
}, 60_000);
afterAll(() => servers?.close(), 30_000);

function config(): RedisEphemeralConfig {
  const sentinels = servers.sentinels.map(({ host, port }) => ({ host, port }));
  const watcher = { username: 'watcher', password: 'other' };
  const topology = { type: 'sentinel', master: servers.masterName, sentinels, database: 0, ...watcher } as const;
  return { type: 'redis', topology, username: 'tessera', password: 'secret', prefix: 'test:' };
}

async function open(warn: (fields: unknown) => void = () => undefined): Promise<EphemeralStore> {
  const store = openRedisStore({ config: config(), logger: { ...silentLogger, warn } });
  await store.ready();
  return store;
}

ephemeralConformance('Redis with Sentinels, as users with the least rights', {
  open: async (onCommand) => {
    const store = openRedisStore({ config: config(), logger: silentLogger, onCommand });
    await store.ready();
    return store;
  },
  pass: async (seconds) => passOnServer(await servers.primary(), seconds),
  shortTtlSeconds: 1,
  isRealTime: true,
});

/** Calls all the time until `isOver`; gives how long the longest took, and whether each failure was `unavailable`. */
async function traffic(store: EphemeralStore, isOver: () => boolean) {
  let longestMs = 0;
  const codes = new Set<unknown>();
  while (!isOver()) {
    const began = performance.now();
    const id = freshId();
    await store.putRequest({ id, version: 1, payload: Uint8Array.of(1) }, 60).catch((error: unknown) => {
      codes.add((error as { code?: unknown }).code);
    });
    longestMs = Math.max(longestMs, performance.now() - began);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { longestMs, codes: [...codes] };
}

test('passwords of the servers and of the Sentinels that change in their files are used as soon as they are needed', async () => {
  await using folder = await createTempDirectory('sentinel-passwords');
  const [serverFile, sentinelFile] = [join(folder.path, 'server'), join(folder.path, 'sentinel')];
  await writeFile(serverFile, 'secret');
  await writeFile(sentinelFile, 'other');
  const { topology, ...rest } = config();
  if (topology.type !== 'sentinel') throw new Error('no Sentinels');
  const followed = { ...rest, passwordFile: serverFile, topology: { ...topology, passwordFile: sentinelFile } };
  const store = openRedisStore({ config: followed, logger: silentLogger });
  await store.ready();
  const setPasswords = async (server: string, sentinel: string): Promise<void> => {
    for (const node of servers.nodes) await node.cli('ACL', 'SETUSER', 'tessera', 'resetpass', `>${server}`);
    for (const one of servers.sentinels) await one.cli('ACL', 'SETUSER', 'watcher', 'resetpass', `>${sentinel}`);
  };
  await setPasswords('secret-2', 'other-2');
  expect(await store.getRequest(freshId())).toEqual({ type: 'absent' });
  for (const one of [...servers.nodes, ...servers.sentinels]) {
    for (const user of ['tessera', 'watcher']) await one.cli('CLIENT', 'KILL', 'USER', user).catch(() => undefined);
  }
  await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
  await writeFile(serverFile, 'secret-2');
  await writeFile(sentinelFile, 'other-2');
  const isBack = () =>
    store.getRequest(freshId()).then(
      () => true,
      () => false,
    );
  await waitFor(isBack, { what: 'the store to be back' });
  await store.close();
  await setPasswords('secret', 'other');
}, 30_000);

test('an orderly failover under traffic: the new primary is found', { timeout: 40_000 }, async () => {
  const store = await open();
  let isOver = false;
  const running = traffic(store, () => isOver);
  const next = await servers.failover();
  const id = freshId();
  const request = { id, version: 1, payload: Uint8Array.of(1) };
  await waitFor(() => store.putRequest(request, 60).then(() => true), { what: 'the new primary to be found' });
  isOver = true;
  const { longestMs, codes } = await running;
  expect(longestMs).toBeLessThan(2800);
  expect(codes.filter((code) => code !== 'storage.unavailable')).toEqual([]);
  expect(await next.cli('EXISTS', `test:{${id}}:request`)).toBe('1');
  await store.close();
});

test('the primary dies under traffic: no call hangs, its heir is found, and a code redeemed before stays redeemed', {
  timeout: 40_000,
}, async () => {
  const lines: unknown[] = [];
  const store = await open((fields) => lines.push(fields));
  const clock = createFakeClock();
  const redeem = createRedeemCodes({
    clock,
    ephemeral: store,
    durable: createMemoryDurableStore({ clock, hasOutbox: false }),
    staticUsers: new Map(),
  });
  const [redeemed, fresh] = [freshId(), freshId()];
  for (const id of [redeemed, fresh]) {
    await store.putRequest({ id, version: 1, payload: new Uint8Array() }, 600);
    const completion = { id, version: 1, codeTtlSeconds: 600, attemptId: 'a' };
    await store.completeRequest({ ...completion, authorization: sampleAuthorization() });
  }
  const primary = await servers.primary();
  const heir = servers.nodes.find((node) => node !== primary);
  const isCopied = async () => (await heir?.cli('EXISTS', `test:{${fresh}}:code`)) === '1';
  await waitFor(isCopied, { what: 'the replica to have the codes' });
  expect(await redeem([sampleCode(redeemed)])).toMatchObject([{ value: { type: 'redeemed' } }]);

  let isOver = false;
  const running = traffic(store, () => isOver);
  const old = await servers.killPrimary();
  expect(await servers.promoted(old)).toBe(heir);
  await waitFor(() => store.findCodes([fresh]), { what: 'the heir to be found' });
  isOver = true;
  const { longestMs, codes } = await running;
  expect(longestMs).toBeLessThan(2800);
  expect(codes).toEqual(['storage.unavailable']);
  expect(lines).toHaveLength(1);

  // The heir still has the code: the durable store alone knows that it was used.
  expect(await store.findCodes([redeemed])).toMatchObject([{ clientId: 'app' }]);
  expect(await redeem([sampleCode(redeemed)])).toMatchObject([{ value: { type: 'refused', refusal: 'replayed' } }]);
  expect(await redeem([sampleCode(fresh)])).toMatchObject([{ value: { type: 'redeemed' } }]);
  await store.close();
});
