import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createFakeClock } from '@tessera/clock';
import type { EtcdStorageConfig } from '@tessera/config';
import { runInContext, silentLogger } from '@tessera/telemetry';
import { type EtcdServer, freePort, pauseProcess, startEtcd, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, type DurableHarness, words } from '../../conformance/bench-api.ts';
import { sampleToken } from '../../conformance/samples.ts';
import type { RecordToWrite } from '../../ports.ts';
import { openEtcdStore } from './durable.ts';

let server: EtcdServer;
beforeAll(async () => {
  server = await startEtcd();
}, 30_000);
afterAll(async () => server.close());

const config = (changes: Partial<EtcdStorageConfig> = {}): EtcdStorageConfig => ({
  type: 'etcd',
  endpoints: [server.url],
  namespace: 'cluster',
  ssl: {},
  ...changes,
});

const open = (changes: Partial<EtcdStorageConfig> = {}, logger = silentLogger) =>
  openEtcdStore({ config: config(changes), clock: createFakeClock(), logger, hasOutbox: true });

const harness: DurableHarness = {
  open: async (options) => openEtcdStore({ ...options, config: config(), logger: silentLogger }),
  isPersistent: true,
};

const now = new Date('2026-01-01T00:00:00.000Z');
const record = (id: string): RecordToWrite => ({
  kind: 'credential',
  id,
  body: '{}',
  expected: 'absent',
  events: [],
});

test('a server killed in the middle: whatever was answered is there, and the store recovers by itself', async () => {
  const store = open();
  await store.ready();
  const answered: string[] = [];
  let isOver = false;
  const write = async (writer: number): Promise<void> => {
    for (let index = 0; !isOver; index += 1) {
      const id = `killed-${writer}-${index}`;
      const versions = await store.writeRecords([record(id)], now).catch(() => []);
      if (versions[0] === 1) answered.push(id);
    }
  };
  const writers = [0, 1, 2, 3].map(write);
  await waitFor(() => answered.length > 50, { what: 'the first writes' });
  await server.stop('SIGKILL');
  await expect(store.revisions()).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  await server.start();
  const before = answered.length;
  await waitFor(() => answered.length > before + 50, { what: 'writes after the restart' });
  isOver = true;
  await Promise.all(writers);
  const found = await store.getRecords(
    answered.map((id) => ({ kind: 'credential', id })),
    now,
  );
  expect(found.filter((one) => one === undefined)).toEqual([]);
  await store.close();
}, 30_000);

test('a server that is down: calls fail soon, ready waits, and everything works when it comes', async () => {
  await using own = await startEtcd();
  await own.stop();
  const store = open({ endpoints: [own.url] });
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await own.start();
  await store.ready();
  expect(await store.revisions()).toEqual({ client: 0, connector: 0, key_set: 0 });
  await own.stop();
  const startedMs = performance.now();
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(performance.now() - startedMs).toBeLessThan(2_500);
  await own.start();
  expect(await store.revisions()).toEqual({ client: 0, connector: 0, key_set: 0 });
  await store.close();
}, 30_000);

test('of several endpoints one that answers is enough', async () => {
  const store = open({ endpoints: [`http://127.0.0.1:${await freePort()}`, server.url] });
  await store.ready();
  expect(await store.writeRecords([record('endpoints')], now)).toEqual([1]);
  await store.close();
});

test('a member that hangs is left for one that answers', async () => {
  await using hanging = await startEtcd();
  await server.stop();
  // Each is a cluster of its own here, so that what is at one is not at the other: only answers count.
  const store = open({ endpoints: [hanging.url, server.url], namespace: 'hanging' });
  await store.ready();
  await server.start();
  await pauseProcess(hanging.pid);
  try {
    expect(await store.revisions()).toEqual({ client: 0, connector: 0, key_set: 0 });
    expect(await store.writeRecords([record('after')], now)).toEqual([1]);
  } finally {
    process.kill(hanging.pid, 'SIGCONT');
  }
  await store.close();
}, 30_000);

test('N18: a rotation that a stalled server comes to after its caller gave up is no reuse when it is repeated', async () => {
  const bench = await createBench(harness);
  const [grant, late] = [await bench.putGrant(), await bench.putGrant()];
  const rules = { reuseIntervalSeconds: 3 };
  const rotate = (token: ReturnType<typeof sampleToken>, waitMs: number) =>
    runInContext({ requestId: 'r', deadlineMs: bench.clock.monotonicMs() + waitMs }, () =>
      bench.api.rotateRefreshTokens([token]),
    );
  await pauseProcess(server.pid);
  const abandoned = rotate(sampleToken(late, rules), 300);
  const patient = rotate(sampleToken(grant, rules), 5_000);
  try {
    await stalled(1_500);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  expect((await abandoned)[0]).toMatchObject({ ok: false, error: { code: 'storage.unavailable' } });
  expect(words(await patient)).toEqual(['rotated 1']);
  expect(words(await bench.api.rotateRefreshTokens([sampleToken(late, rules)]))).toEqual(['rotated 1']);
  await bench.durable.close();
}, 30_000);

test('N18: a rotation whose answer was lost has its reuse interval start when the store answers again', async () => {
  await using proxy = await startProxy(server.port);
  const behind = { ...config(), endpoints: [proxy.url] };
  const bench = await createBench({
    open: async (options) => openEtcdStore({ ...options, config: behind, logger: silentLogger }),
    isPersistent: true,
  });
  const grant = await bench.putGrant();
  const rules = { reuseIntervalSeconds: 3 };
  proxy.loseNextAnswer();
  const context = { requestId: 'r', deadlineMs: bench.clock.monotonicMs() + 300 };
  const [lost] = await runInContext(context, () => bench.api.rotateRefreshTokens([sampleToken(grant, rules)]));
  expect(lost).toMatchObject({ ok: false, error: { code: 'storage.unavailable' } });
  const rotatedAt = async () => {
    const [exported] = await bench.durable.exportGrants(1, before(grant.id));
    return exported?.rotatedAt?.getTime();
  };
  const sentMs = bench.clock.now().getTime();
  proxy.recover();
  await waitFor(async () => ((await rotatedAt().catch(() => 0)) ?? 0) > sentMs, {
    what: 'the rotation to be reopened',
  });
  bench.clock.advance(3);
  expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['rotated 1']);
  await bench.durable.close();
}, 30_000);

test('a change whose answer was lost is not sent again: the caller is told that nobody knows', async () => {
  await using proxy = await startProxy(server.port);
  const store = open({ endpoints: [proxy.url] });
  await store.ready();
  proxy.loseNextAnswer();
  const writing = store.writeRecords([record('lost')], now);
  await waitFor(() => proxy.hasLost(), { what: 'the answer to be lost' });
  // What was held back first may have been no answer yet, but a frame of the connection.
  const direct = open();
  const isWritten = async () => (await direct.getRecords([{ kind: 'credential', id: 'lost' }], now))[0] !== undefined;
  await waitFor(isWritten, { what: 'the change to be made' });
  proxy.recover();
  await expect(writing).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(await store.getRecords([{ kind: 'credential', id: 'lost' }], now)).toMatchObject([{ version: 1 }]);
  await direct.close();
  await store.close();
}, 30_000);

test('a change is not begun when its caller waits no more', async () => {
  const store = open();
  await store.ready();
  const late = () => store.writeRecords([record('too-late')], now);
  const context = { requestId: 'r', deadlineMs: createFakeClock().monotonicMs() };
  await expect(runInContext(context, late)).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(await store.getRecords([{ kind: 'credential', id: 'too-late' }], now)).toEqual([undefined]);
  await store.close();
});

test('a closed store is unavailable', async () => {
  const store = open();
  await store.ready();
  await store.close();
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
});

/** Resolves when a server that does not run has kept its clients waiting for so long. */
async function stalled(forMs: number): Promise<void> {
  const startedMs = performance.now();
  await waitFor(() => performance.now() - startedMs > forMs, { what: 'the stall to last' });
}

/** The id just before another, in the order of ids. */
function before(id: string): string {
  return `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}\uffff`;
}

/** A way to the server that can lose the answer of the next change, and everything after it until it recovers. */
async function startProxy(port: number) {
  let state: 'open' | 'losing' | 'lost' = 'open';
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      // Only changes name this key.
      if (state === 'losing' && bytes.includes('tessera/retired')) state = 'lost';
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (state !== 'lost') client.write(bytes);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    loseNextAnswer: () => {
      state = 'losing';
    },
    hasLost: () => state === 'lost',
    recover: () => {
      state = 'open';
      cut();
    },
    async [Symbol.asyncDispose]() {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
