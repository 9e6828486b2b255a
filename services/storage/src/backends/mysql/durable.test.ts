import { createFakeClock } from '@tessera/clock';
import { runInContext, silentLogger } from '@tessera/telemetry';
import { type MariadbServer, pauseProcess, startMariadb, waitFor } from '@tessera/testkit';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, type DurableHarness, unwrapped, words } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { sampleAuthorization, sampleCode, sampleToken } from '../../conformance/samples.ts';
import type { RecordToWrite } from '../../ports.ts';
import { openMysqlStore } from './durable.ts';
import type { MysqlConfig } from './ssl.ts';

let server: MariadbServer;
let database = '';
beforeAll(async () => {
  server = await startMariadb({ fsync: false, maxConnections: 500 });
  database = await server.createDatabase();
}, 60_000);
afterAll(() => server?.close(), 30_000);

function config(overrides: Partial<MysqlConfig> = {}): MysqlConfig {
  return {
    type: 'mysql',
    host: server.host,
    port: server.port,
    database,
    user: server.user,
    password: server.password,
    connectionTimeoutSeconds: 5,
    maxOpenConns: 10,
    ssl: { mode: 'false' },
    ...overrides,
  };
}

/** Stores on a database, the one of the file when none is named. */
function harnessOn(overrides: Partial<MysqlConfig> = {}): DurableHarness {
  return {
    open: async (options) => openMysqlStore({ ...options, config: config(overrides), logger: silentLogger }),
    isPersistent: true,
  };
}

const harness = harnessOn();

durableConformance('MariaDB', harness);

/** A store of its own, with what a test does to its database by hand. */
function openOn(name: string, overrides: Partial<MysqlConfig> = {}) {
  return openMysqlStore({
    config: config({ database: name, ...overrides }),
    clock: createFakeClock(),
    hasOutbox: true,
    logger: silentLogger,
  });
}

async function select(sql: string, name = database): Promise<RowDataPacket[]> {
  return server.withConnection(async (connection) => (await connection.query<RowDataPacket[]>(sql))[0], name);
}

const user = (id: string): RecordToWrite => ({ kind: 'user', id, body: '{}', expected: 'any', events: [] });

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

/** The server shows its locks as they were when they were last asked for, unless that is a tenth of a second ago. */
const LOCKS_SHOWN_MS = 150;

/** Locks the row of a grant, lets `use` run until `count` transactions wait for it, and lets go. */
async function whileRowIsHeld<T>(grantId: string, count: number, use: () => Promise<T>): Promise<T> {
  return server.withConnection(async (connection: Connection) => {
    await connection.query('START TRANSACTION');
    await connection.query('SELECT id FROM tessera_grants WHERE id = ? FOR UPDATE', [grantId]);
    const result = use();
    const waiting = "SELECT COUNT(*) AS waiting FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'";
    await waitFor(async () => (await select(waiting))[0]?.['waiting'] === count, {
      what: `${count} waiting locks`,
      intervalMs: LOCKS_SHOWN_MS,
    });
    await connection.query('COMMIT');
    return result;
  }, database);
}

test('N18: rotations that all wait for one row are judged one after the other, at the moment they hold it', async () => {
  const bench = await createBench(harness);
  const grant = await bench.putGrant();
  const outcomes = await whileRowIsHeld(grant.id, 5, () =>
    Promise.all(Array.from({ length: 5 }, () => bench.api.rotateRefreshTokens([sampleToken(grant)]))),
  );
  expect(words(outcomes.flat()).toSorted()).toEqual(['reused', 'revoked', 'revoked', 'revoked', 'rotated 1']);
  const other = await bench.putGrant();
  const rotated = await whileRowIsHeld(other.id, 1, () => {
    const rotating = bench.api.rotateRefreshTokens([sampleToken(other)]);
    bench.clock.advance(2);
    return rotating;
  });
  expect(unwrapped(rotated[0])).toMatchObject({ grant: { lastUsedAt: bench.clock.now() } });
  await bench.durable.close();
});

test('batches of 20 replicas over the same grants in opposite orders all end, without an error', async () => {
  const benches = await Promise.all(Array.from({ length: 20 }, () => createBench(harness)));
  const grants = await Promise.all(benches.map((bench) => bench.putGrant()));
  const tokens = grants.map((grant) => sampleToken(grant, { reuseIntervalSeconds: 30 }));
  const calls = benches.map(({ api }, index) =>
    api.rotateRefreshTokens(
      (index % 2 === 0 ? tokens : tokens.toReversed()).map((token) => ({ ...token, attemptId: `${index}` })),
    ),
  );
  expect(new Set(words((await Promise.all(calls)).flat()))).toEqual(new Set(['rotated 1']));
  const revoking = benches.map(({ durable }, index) =>
    durable.revokeGrants(
      (index % 2 === 0 ? tokens : tokens.toReversed()).map(({ grantId }) => ({ grantId, reason: 'x' })),
      new Date(),
    ),
  );
  expect((await Promise.all(revoking)).flat().filter(Boolean)).toHaveLength(tokens.length);
  await Promise.all(benches.map(({ durable }) => durable.close()));
});

test('a transaction that loses a deadlock is begun anew', async () => {
  const bench = await createBench(harness);
  const grants = [await bench.putGrant(), await bench.putGrant()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [low, high] = grants.map(({ id }) => id);
  await server.withConnection(async (connection) => {
    // It has changed much, so the server ends the other one.
    await connection.query('START TRANSACTION');
    await connection.query('CREATE TEMPORARY TABLE heavy (n INT) ENGINE = InnoDB');
    await connection.query('INSERT INTO heavy SELECT 1 FROM information_schema.COLLATIONS');
    await connection.query('SELECT id FROM tessera_grants WHERE id = ? FOR UPDATE', [high]);
    const rotating = bench.api.rotateRefreshTokens(grants.map((grant) => sampleToken(grant)));
    const waiting = "SELECT COUNT(*) AS waiting FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'";
    await waitFor(async () => (await select(waiting))[0]?.['waiting'] === 1, {
      what: 'a waiting lock',
      intervalMs: LOCKS_SHOWN_MS,
    });
    await connection.query('SELECT id FROM tessera_grants WHERE id = ? FOR UPDATE', [low]);
    await connection.query('COMMIT');
    expect(words(await rotating)).toEqual(['rotated 1', 'rotated 1']);
  }, database);
  await bench.durable.close();
});

test('of 50 who create one record at once one does; all who write whatever stands succeed one after the other', async () => {
  const stores = Array.from({ length: 5 }, () => openOn(database));
  await Promise.all(stores.map((store) => store.ready()));
  const write = (record: RecordToWrite) =>
    Promise.all(
      Array.from({ length: 10 }, () => stores.map((store) => store.writeRecords([record], new Date()))).flat(),
    );
  const created = (await write({ ...user('raced'), expected: 'absent' })).flat();
  expect(created.filter((version) => version !== undefined)).toEqual([1]);
  const versions = (await write({ ...user('raced'), kind: 'client' })).flat();
  expect(versions.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  await Promise.all(stores.map((store) => store.close()));
});

test('ids are compared byte by byte: case, accents and trailing spaces tell them apart', async () => {
  const store = openOn(await server.createDatabase());
  await store.ready();
  const ids = ['bytes', 'bytes ', 'Bytes', 'bytés', `bytes\0`, 'x'.repeat(512)];
  const record = { ...user(''), kind: 'credential', expected: 'absent' } as const;
  for (const id of ids) expect(await store.writeRecords([{ ...record, id, owner: id }], new Date())).toEqual([1]);
  const { records } = await store.listRecords({ kind: 'credential', limit: 10 }, new Date());
  expect(records.map(({ id }) => id)).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  const owned = await store.listRecords({ kind: 'credential', owner: 'bytes ', limit: 10 }, new Date());
  expect(owned.records.map(({ owner }) => owner)).toEqual(['bytes ']);
  await store.close();
});

test('replicas that start together migrate once', async () => {
  const fresh = await server.createDatabase();
  const stores = Array.from({ length: 4 }, () => openOn(fresh));
  await Promise.all(stores.map((store) => store.ready()));
  const none = { client: 0, connector: 0, key_set: 0 };
  expect(await Promise.all(stores.map((store) => store.revisions()))).toEqual([none, none, none, none]);
  await Promise.all(stores.map((store) => store.close()));
});

test('a migration that was cut off in the middle is run again', async () => {
  const fresh = await server.createDatabase();
  const first = openOn(fresh);
  await first.ready();
  await first.close();
  await select('DELETE FROM tessera_schema_migrations', fresh);
  await select('DROP TABLE tessera_outbox', fresh);
  const second = openOn(fresh);
  await second.ready();
  expect(await second.backlog()).toEqual({ waiting: 0, parked: 0 });
  await second.close();
});

test('a schema of another history, or changed by hand, is refused with what differs: calls are unavailable', async () => {
  const changes = [
    ["UPDATE tessera_schema_migrations SET checksum = 'x'", 'its migration 1 (initial) differs'],
    ['ALTER TABLE tessera_grants DROP COLUMN attempt_id', 'column tessera_grants.attempt_id is missing'],
    ['ALTER TABLE tessera_outbox DROP KEY waiting', 'index waiting on tessera_outbox is missing'],
    ['ALTER TABLE tessera_records MODIFY owner VARBINARY(100)', 'column tessera_records.owner is'],
    ['CREATE UNIQUE INDEX own ON tessera_grants (subject)', 'unique index own on tessera_grants was added'],
  ] as const;
  const fresh = await server.createDatabase();
  await reopened(fresh);
  for (const [change, difference] of changes) {
    const name = await server.createDatabase();
    await reopened(name);
    await select(change, name);
    expect(await reopened(name)).toContain(difference);
  }
  await select('CREATE INDEX own ON tessera_grants (last_used_at)', fresh);
  await select("INSERT INTO tessera_schema_migrations VALUES (99, 'future', 'x', 1, NOW(), NULL)", fresh);
  expect(await reopened(fresh)).toBe('ready');
  await select('UPDATE tessera_schema_migrations SET compatible_with = 99 WHERE version = 99', fresh);
  expect(await reopened(fresh)).toContain('migration 99 (future) of a newer version');
}, 30_000);

/** Opens a store and closes it: `ready`, or why it is not. */
async function reopened(name: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const warn = (fields: unknown) => resolve(String((fields as { readonly err?: unknown }).err));
  const store = openMysqlStore({
    config: config({ database: name }),
    clock: createFakeClock(),
    hasOutbox: true,
    logger: { ...silentLogger, warn },
  });
  const outcome = await Promise.race([promise, store.ready().then(() => 'ready')]);
  if (outcome !== 'ready') await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await store.close();
  return outcome;
}

test('a retired store refuses every change, by whichever process, and is read all the same', async () => {
  const fresh = await server.createDatabase();
  const own = harnessOn({ database: fresh });
  const [bench, other] = [await createBench(own), await createBench(own)];
  const grant = await bench.putGrant();
  await bench.durable.retire();
  await bench.durable.retire();
  const [outcome] = await other.api.rotateRefreshTokens([sampleToken(grant)]);
  expect(outcome).toMatchObject({ ok: false, error: { kind: 'unavailable', code: 'storage.retired' } });
  await expect(other.durable.writeRecords([user('jane')], new Date())).rejects.toMatchObject({
    code: 'storage.retired',
  });
  expect((await other.durable.findGrants([grant.id]))[0]?.grant.id).toBe(grant.id);
  await other.durable.appendEvents([{ id: 'e', type: 't', key: 'k', time: new Date(0), data: '{}' }]);
  await other.durable.reinstate();
  expect(words(await other.api.rotateRefreshTokens([sampleToken(grant)]))).toEqual(['rotated 1']);
  await Promise.all([bench.durable.close(), other.durable.close()]);
});

test('one replica sweeps at a time', async () => {
  const bench = await createBench(harness);
  const code = sampleCode(await bench.putCode({ isRefreshable: false }));
  await bench.api.redeemCodes([code]);
  const longAfter = new Date(code.tokensExpireAt.getTime() + 1);
  await server.withConnection(async (connection) => {
    await connection.query("SELECT GET_LOCK(CONCAT('tessera.', MD5(DATABASE()), '.sweep'), 0)");
    expect(await bench.durable.deleteEndedGrants(longAfter, 500)).toBe(0);
  }, database);
  await waitFor(async () => (await bench.durable.deleteEndedGrants(longAfter, 500)) > 0, { what: 'the turn to sweep' });
  await bench.durable.close();
});

test('every statement finds its rows by an index', async () => {
  const fresh = await server.createDatabase();
  const own = harnessOn({ database: fresh });
  const bench = await createBench(own);
  const authorization = { sessionId: 's' };
  const grants = await Promise.all(Array.from({ length: 200 }, () => bench.putGrant(authorization)));
  // Rows of indexes and tables that the server stepped through, not those it looked up.
  const stepped = async () => {
    const rows = await select(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_rnd_next')",
    );
    return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
  };
  const noise = -(await stepped()) + (await stepped());
  const before = await stepped();
  const [first, second] = grants;
  if (first === undefined || second === undefined) throw new Error('no grants');
  await bench.api.rotateRefreshTokens([sampleToken(first), sampleToken(second)]);
  await bench.api.findGrants([first.id]);
  await bench.api.redeemCodes([sampleCode('absent')]);
  await bench.durable.listGrants({ selector: { clientId: 'app', sessionId: 's' }, limit: 3 });
  await bench.durable.revokeGrantsBy({ connectorId: 'ldap' }, 'x', 3, new Date());
  await bench.durable.deleteEndedGrants(bench.clock.now(), 500);
  await bench.durable.getRecords(
    [
      { kind: 'user', id: 'jane' },
      { kind: 'user', id: 'john' },
    ],
    new Date(),
  );
  await bench.durable.readEvents([1, 2, 3], 10);
  expect((await stepped()) - before - noise).toBeLessThan(60);
  await bench.durable.close();
});

test('N18: a rotation whose commit comes to a stalled server too late does not count', {
  timeout: 30_000,
}, async () => {
  await using own = await startMariadb({ fsync: false });
  const name = await own.createDatabase();
  const access = { port: own.port, password: own.password, database: name };
  // The deadlines of this test are the real time's.
  const clock = { ...createFakeClock(), monotonicMs: () => performance.now() };
  const bench = await createBench(harnessOn(access), {}, clock);
  const grants = await Promise.all(Array.from({ length: 6 }, () => bench.putGrant()));
  const interval = { reuseIntervalSeconds: 1 };
  const { pid } = own;
  // Wherever in their transactions they are when the server stalls, nobody waits for the answer when it goes on.
  const context = { requestId: 'r', deadlineMs: performance.now() + 400 };
  const stalled = grants.map((grant, index) =>
    runInContext(context, async () => {
      for (let turn = 0; turn < index; turn += 1) await Promise.resolve();
      return bench.api.rotateRefreshTokens([sampleToken(grant, interval)]);
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  await pauseProcess(pid);
  await waitFor(() => performance.now() > context.deadlineMs + 200, { what: 'the deadline to pass' });
  process.kill(pid, 'SIGCONT');
  const late = words((await Promise.all(stalled)).flat());
  bench.clock.advance(10);
  const again = await Promise.all(
    grants.map(async (grant, index) =>
      late[index] === 'rotated 1' ? [] : bench.api.rotateRefreshTokens([sampleToken(grant, interval)]),
    ),
  );
  expect(late).toContain('storage.unavailable');
  expect(new Set(words(again.flat()))).toEqual(new Set(['rotated 1']));
  await bench.durable.close();
});

test('a server that is down: calls fail at once, ready waits, and everything works when it comes', {
  timeout: 30_000,
}, async () => {
  await using own = await startMariadb({ fsync: false });
  const name = await own.createDatabase();
  await own.stop();
  const store = openMysqlStore({
    config: config({ port: own.port, password: own.password, database: name }),
    clock: createFakeClock(),
    hasOutbox: true,
    logger: silentLogger,
  });
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await own.start();
  await store.ready();
  expect(await store.writeRecords([user('jane')], new Date())).toEqual([1]);
  await own.stop('SIGKILL');
  const startedMs = performance.now();
  await expect(store.writeRecords([user('jane')], new Date())).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(performance.now() - startedMs).toBeLessThan(1000);
  await own.start();
  await waitFor(async () => (await store.writeRecords([user('jane')], new Date()))[0], {
    what: 'MariaDB to be used again',
  });
  expect(await store.getRecords([{ kind: 'user', id: 'jane' }], new Date())).toMatchObject([{ id: 'jane' }]);
  await own.stop();
  await own.start();
  // Nothing stale is left in the pool when the server was told to stop.
  expect(await store.getRecords([{ kind: 'user', id: 'jane' }], new Date())).toMatchObject([{ id: 'jane' }]);
  await store.close();
});

test('a wrong password and a server without TLS are refused, and the socket can be used', async () => {
  const outcomes = await Promise.all([
    refusal({ password: 'wrong' }),
    refusal({ ssl: { mode: 'skip-verify' } }),
    refusal({ host: server.socket }),
  ]);
  expect(outcomes[0]).toContain('Access denied');
  expect(outcomes[1]).toContain('Server does not support secure connection');
  expect(outcomes[2]).toBe('ready');
});

async function refusal(overrides: Partial<MysqlConfig>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const warn = (fields: unknown) => resolve(String((fields as { readonly err?: unknown }).err));
  const options = { clock: createFakeClock(), hasOutbox: true, logger: { ...silentLogger, warn } };
  const store = openMysqlStore({ ...options, config: config(overrides) });
  const outcome = await Promise.race([promise, store.ready().then(() => 'ready')]);
  await store.close();
  return outcome;
}
