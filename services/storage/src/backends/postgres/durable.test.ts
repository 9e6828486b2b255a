import { runInContext, silentLogger } from '@tessera/telemetry';
import { type PostgresServer, startPostgres, waitFor } from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, words } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { sampleAuthorization, sampleCode, sampleToken } from '../../conformance/samples.ts';
import type { StoreObserver } from '../../ports.ts';
import { openPostgresStore } from './durable.ts';
import type { PostgresConfig } from './ssl.ts';

let server: PostgresServer;
let database = '';
beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  database = await server.createDatabase();
}, 60_000);
afterAll(() => server?.close(), 30_000);

function config(overrides: Partial<PostgresConfig> = {}): PostgresConfig {
  return {
    type: 'postgres',
    host: server.host,
    port: server.port,
    database,
    user: server.user,
    password: server.password,
    connectionTimeoutSeconds: 5,
    maxOpenConns: 10,
    ssl: { mode: 'disable' },
    ...overrides,
  };
}

const harness = {
  open: async ({ onStatement }: { readonly onStatement: StoreObserver }) =>
    openPostgresStore({ config: config(), logger: silentLogger, onStatement }),
  isPersistent: true,
};

durableConformance('PostgreSQL', harness);

async function withClient<T>(use: (client: Client) => Promise<T>, name = database): Promise<T> {
  const client = new Client({ connectionString: server.url(name) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

test('N15: two replicas that redeem one code at the same time: one grant, revoked by the other', async () => {
  const [left, right] = [await createBench(harness), await createBench(harness)];
  const codeId = await left.putCode();
  await right.api.putAuthorizationRequest({ id: codeId, version: 1, payload: new Uint8Array() }, 60);
  const completion = { id: codeId, version: 1, codeTtlSeconds: 60, attemptId: 'a' };
  await right.api.completeAuthorizationRequest({ ...completion, authorization: sampleAuthorization() });
  const calls = Array.from({ length: 20 }, (_, index) =>
    (index % 2 === 0 ? left : right).api.redeemCodes([sampleCode(codeId)]),
  );
  const seen = words((await Promise.all(calls)).flat());
  expect(seen.filter((word) => word === 'redeemed')).toHaveLength(1);
  expect(seen.filter((word) => word === 'replayed')).toHaveLength(19);
  await Promise.all([left.durable.close(), right.durable.close()]);
});

/** Holds the row of a grant until `count` statements wait for it, so that all of them have read it as it was before. */
async function whileRowIsHeld(grantId: string, count: number): Promise<void> {
  const waiting = "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
  await withClient(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM tessera_grants WHERE id = $1 FOR UPDATE', [grantId]);
    // From another connection: within a transaction the server shows one picture of its activity again and again.
    const isAwaited = () =>
      withClient(async (other) => (await other.query<{ waiting: number }>(waiting)).rows[0]?.waiting === count);
    await waitFor(isAwaited, { what: `${count} statements to wait for the row` });
    await client.query('COMMIT');
  });
}

test('N18: rotations that all read the row before any of them wrote it are judged one after the other', async () => {
  const bench = await createBench(harness);
  const grant = await bench.putGrant();
  const holding = whileRowIsHeld(grant.id, 5);
  await waitFor(async () => (await isRowHeld(grant.id)) || undefined, { what: 'the row to be held' });
  const calls = Array.from({ length: 5 }, () => bench.api.rotateRefreshTokens([sampleToken(grant)]));
  await holding;
  const seen = words((await Promise.all(calls)).flat());
  expect(seen.toSorted()).toEqual(['reused', 'revoked', 'revoked', 'revoked', 'rotated 1']);
  await bench.durable.close();
});

test('revocations that all read the row before any of them wrote it: one gets true', async () => {
  const bench = await createBench(harness);
  const { id: grantId } = await bench.putGrant();
  const holding = whileRowIsHeld(grantId, 5);
  await waitFor(async () => (await isRowHeld(grantId)) || undefined, { what: 'the row to be held' });
  const calls = Array.from({ length: 5 }, () => bench.api.revokeGrants([{ grantId, reason: 'x' }]));
  await holding;
  const revoked = (await Promise.all(calls)).flat().filter((outcome) => outcome.ok && outcome.value);
  expect(revoked).toHaveLength(1);
  await bench.durable.close();
});

async function isRowHeld(grantId: string): Promise<boolean> {
  const sql = 'SELECT FROM tessera_grants WHERE id = $1 FOR UPDATE SKIP LOCKED';
  return withClient(async (client) => (await client.query(sql, [grantId])).rowCount === 0);
}

test('batches of two replicas over the same grants in opposite orders all end, without a deadlock', async () => {
  const [left, right] = [await createBench(harness), await createBench(harness)];
  const grants = await Promise.all(Array.from({ length: 20 }, () => left.putGrant()));
  const rules = { reuseIntervalSeconds: 30 };
  const rounds = Array.from({ length: 10 }, async () => {
    const forward = left.api.rotateRefreshTokens(grants.map((grant) => sampleToken(grant, rules)));
    const backward = right.api.rotateRefreshTokens(grants.toReversed().map((grant) => sampleToken(grant, rules)));
    return [...(await forward), ...(await backward)];
  });
  expect(new Set(words((await Promise.all(rounds)).flat()))).toEqual(new Set(['rotated 1']));
  const { rows } = await withClient((client) =>
    client.query(`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`),
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
  await Promise.all([left.durable.close(), right.durable.close()]);
});

test('replicas that start together migrate once', async () => {
  const fresh = await server.createDatabase();
  const stores = Array.from({ length: 4 }, () =>
    openPostgresStore({ config: config({ database: fresh }), logger: silentLogger }),
  );
  await Promise.all(stores.map((store) => store.ready()));
  expect(await Promise.all(stores.map((store) => store.clientsRevision()))).toEqual([0, 0, 0, 0]);
  await Promise.all(stores.map((store) => store.close()));
});

test('one replica sweeps at a time', async () => {
  const bench = await createBench(harness);
  const code = sampleCode(await bench.putCode({ isRefreshable: false }));
  await bench.api.redeemCodes([code]);
  const longAfter = new Date(code.tokensExpireAt.getTime() + 1);
  await withClient(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(7355608002)');
    expect(await bench.durable.deleteExpiredGrants(longAfter, 500)).toBe(0);
    await client.query('COMMIT');
  });
  expect(await bench.durable.deleteExpiredGrants(longAfter, 500)).toBeGreaterThan(0);
  await bench.durable.close();
});

test('no statement reads a whole table, also when it was prepared on an empty one', async () => {
  const fresh = await server.createDatabase();
  const open = () => openPostgresStore({ config: config({ database: fresh, maxOpenConns: 1 }), logger: silentLogger });
  const migrating = open();
  await migrating.ready();
  await migrating.close();
  const scans = async () => {
    const sql = "SELECT seq_scan::int, idx_scan::int FROM pg_stat_user_tables WHERE relname = 'tessera_grants'";
    const { rows } = await withClient((client) => client.query<{ seq_scan: number; idx_scan: number }>(sql), fresh);
    return rows[0] ?? { seq_scan: -1, idx_scan: -1 };
  };
  const before = await scans();
  const bench = await createBench({ open: async () => open(), isPersistent: true });
  for (let turn = 0; turn < 12; turn += 1) {
    const grant = await bench.putGrant();
    await bench.api.rotateRefreshTokens([sampleToken(grant)]);
    await bench.api.findGrants([grant.id]);
    await bench.api.revokeGrants([{ grantId: grant.id, reason: 'x' }]);
    await bench.api.redeemCodes([sampleCode('absent')]);
    await bench.durable.deleteExpiredGrants(bench.clock.now(), 500);
  }
  await bench.durable.close();
  const after = await waitFor(async () => ((await scans()).idx_scan >= 60 ? scans() : undefined), {
    what: 'PostgreSQL to count the index scans',
  });
  expect(after.seq_scan).toBe(before.seq_scan);
});

test('a changed schema is refused: calls are unavailable, and the reason stands in the log', async () => {
  const fresh = await server.createDatabase();
  const open = (warn: (fields: unknown) => void) =>
    openPostgresStore({ config: config({ database: fresh }), logger: { ...silentLogger, warn } });
  const first = open(() => undefined);
  await first.ready();
  await first.close();
  await withClient((client) => client.query("UPDATE tessera_schema_migrations SET checksum = 'x'"), fresh);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const store = open(resolve);
  expect(await promise).toMatchObject({ err: { message: expect.stringContaining('migration 1 (initial) differs') } });
  await expect(store.clientsRevision()).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  await store.close();
});

test('a server that is down: calls fail at once, ready waits, and everything works when it comes', async () => {
  const own = await startPostgres({ fsync: false });
  try {
    const ownConfig = config({ port: own.port, password: own.password, database: 'postgres' });
    await own.stop();
    const store = openPostgresStore({ config: ownConfig, logger: silentLogger });
    await expect(store.findUser('jane@example.org')).rejects.toMatchObject({ code: 'storage.unavailable' });
    await own.start();
    await store.ready();
    expect(await store.findUser('jane@example.org')).toBeUndefined();
    await own.stop();
    await expect(store.findUser('jane@example.org')).rejects.toMatchObject({ code: 'storage.unavailable' });
    await own.start();
    expect(await store.findUser('jane@example.org')).toBeUndefined();
    await store.close();
  } finally {
    await own.close();
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
  const pids = await server.pids();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
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

/** Resolves when a server that does not run has kept its clients waiting for so long. */
async function stalled(forMs: number): Promise<void> {
  const startedMs = performance.now();
  await waitFor(() => performance.now() - startedMs > forMs, { what: 'the stall to last' });
}

test('a TLS file that cannot be read is named', () => {
  const ssl = { mode: 'verify-full', caFile: '/nowhere/ca.pem' } as const;
  expect(() => openPostgresStore({ config: config({ ssl }), logger: silentLogger })).toThrow(
    'cannot use the TLS file /nowhere/ca.pem: it does not exist',
  );
});
