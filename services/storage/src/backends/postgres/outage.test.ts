import { runInContext, silentLogger } from '@tessera/telemetry';
import { pauseProcess, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, type DurableHarness, words } from '../../conformance/bench-api.ts';
import { sampleToken } from '../../conformance/samples.ts';
import { openPostgresStore } from './durable.ts';
import { sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
let database = '';
beforeAll(async () => {
  rig = await startTestServer();
  database = await rig.freshDatabase();
}, 60_000);
afterAll(() => rig?.server.close(), 30_000);

const harness: DurableHarness = {
  open: async ({ onStatement, hasOutbox }) => rig.open(database, { onStatement, hasOutbox }),
  isPersistent: true,
};

test('a server that is down: calls fail at once, ready waits, and everything works when it comes', async () => {
  const own = await startTestServer();
  try {
    await own.server.stop();
    const store = own.open('postgres');
    await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
    await own.server.start();
    await store.ready();
    expect(await store.exportGrants(1)).toEqual([]);
    await own.server.stop();
    await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
    await own.server.start();
    expect(await store.exportGrants(1)).toEqual([]);
    await store.close();
  } finally {
    await own.server.close();
  }
}, 60_000);

test('N18: a rotation that a stalled server comes to after its caller gave up does nothing, and the repetition is no reuse', async () => {
  const bench = await createBench(harness);
  const [grant, late] = [await bench.putGrant(), await bench.putGrant()];
  const rules = { reuseIntervalSeconds: 3 };
  // Tells the bench the server's clock.
  await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]);
  const rotate = (token: ReturnType<typeof sampleToken>, waitMs: number) =>
    runInContext({ requestId: 'r', deadlineMs: performance.now() + waitMs }, () =>
      bench.api.rotateRefreshTokens([token]),
    );
  const pids = await rig.server.pids();
  for (const pid of pids) await pauseProcess(pid);
  const abandoned = rotate(sampleToken(late, rules), 300);
  const patient = rotate(sampleToken({ ...grant, generation: 1 }, rules), 6_000);
  try {
    await stalled(1_500);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  expect((await abandoned)[0]).toMatchObject({ ok: false, error: { code: 'storage.unavailable' } });
  expect(words(await patient)).toEqual(['rotated 2']);
  // Both come when the interval since they were sent is over; one was never carried out, the other only just now.
  bench.clock.advance(3);
  expect(words(await bench.api.rotateRefreshTokens([sampleToken(late, rules)]))).toEqual(['rotated 1']);
  expect(words(await bench.api.rotateRefreshTokens([sampleToken({ ...grant, generation: 1 }, rules)]))).toEqual([
    'rotated 2',
  ]);
  await bench.durable.close();
}, 30_000);

test('RFC 6749 §4.1.2: a redemption that a stalled server comes to after its caller gave up does nothing, and the repetition is no replay', async () => {
  const store = rig.open(database);
  await store.ready();
  // Tells the store the server's clock; the first answer takes long, by which it is less sure.
  for (let count = 0; count < 2; count += 1) await store.insertGrants([sampleNewGrant()], new Date());
  const abandoned = sampleNewGrant();
  const pids = await rig.server.pids();
  for (const pid of pids) await pauseProcess(pid);
  const redemption = runInContext({ requestId: 'r', deadlineMs: performance.now() + 300 }, () =>
    store.insertGrants([abandoned], new Date()),
  );
  const refusal = expect(redemption).rejects.toMatchObject({ code: 'storage.unavailable' });
  try {
    await stalled(1_500);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  await refusal;
  const again = { ...sampleNewGrant(), codeHash: abandoned.codeHash };
  expect(await store.insertGrants([again], new Date())).toMatchObject([{ grant: { id: again.id } }]);
  expect(await store.findGrants([abandoned.id])).toEqual([undefined]);
  await store.close();
}, 30_000);

/** Resolves when a server that does not run has kept its clients waiting for so long. */
async function stalled(forMs: number): Promise<void> {
  const startedMs = performance.now();
  await waitFor(() => performance.now() - startedMs > forMs, { what: 'the stall to last' });
}

test('a TLS file that cannot be read is named', () => {
  const ssl = { mode: 'verify-full', caFile: '/nowhere/ca.pem' } as const;
  const open = () =>
    openPostgresStore({ config: rig.config(database, { ssl }), logger: silentLogger, hasOutbox: true });
  expect(open).toThrow('cannot use the TLS file /nowhere/ca.pem: it does not exist');
});

test('a statement tells how long it waited for a connection', async () => {
  const waits: number[] = [];
  const config = rig.config(database, { maxOpenConns: 1 });
  const store = rig.open(database, { config, metrics: { poolWait: (ms) => waits.push(ms) } });
  await store.ready();
  waits.length = 0;
  await rig.withClient(database, async (client) => {
    await client.query('BEGIN; LOCK TABLE tessera_revisions');
    const [held, waiting] = [store.revisions(), store.exportGrants(1)];
    const isAwaited = async () =>
      (await rig.rows(database, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length > 0;
    await waitFor(isAwaited, { what: 'the first statement to hold the only connection' });
    await client.query('COMMIT');
    await Promise.all([held, waiting]);
  });
  await store.close();
  expect(waits).toHaveLength(2);
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
});
