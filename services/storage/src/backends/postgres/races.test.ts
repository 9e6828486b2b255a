import { createRequestId, runInContext } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, type DurableHarness, words } from '../../conformance/bench-api.ts';
import { sampleAuthorization, sampleCode, sampleToken } from '../../conformance/samples.ts';
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
  await rig.withClient(database, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM tessera_grants WHERE id = $1 FOR UPDATE', [grantId]);
    // From another connection: within a transaction the server shows one picture of its activity again and again.
    const isAwaited = () =>
      rig.withClient(
        database,
        async (other) => (await other.query<{ waiting: number }>(waiting)).rows[0]?.waiting === count,
      );
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
  return rig.withClient(database, async (client) => (await client.query(sql, [grantId])).rowCount === 0);
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
  const sql = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
  const rows = await rig.rows(database, sql);
  expect(rows).toEqual([{ deadlocks: 0 }]);
  await Promise.all([left.durable.close(), right.durable.close()]);
});

test('RFC 6749 §4.1.3: a redemption repeated while it is still under way gets its grant, whoever inserts it', async () => {
  const stores = [rig.open(database), rig.open(database), rig.open(database)];
  await Promise.all(stores.map((store) => store.ready()));
  for (let round = 0; round < 30; round += 1) {
    const grants = Array.from({ length: 3 }, () => sampleNewGrant());
    const calls = Array.from({ length: 8 }, () => stores.map((store) => store.insertGrants(grants, new Date()))).flat();
    const seen = (await Promise.all(calls)).map((answer) => answer.map(({ grant }) => [grant.id, grant.revokedAt]));
    const own = grants.map(({ id }) => [id, undefined]);
    expect(seen).toEqual(calls.map(() => own));
  }
  await Promise.all(stores.map((store) => store.close()));
}, 30_000);

test('N18: a rotation that waited for its row until nobody waited for it changes nothing', async () => {
  const store = rig.open(database);
  await store.ready();
  const grants = await store.insertGrants([sampleNewGrant(), sampleNewGrant()], new Date());
  const tokens = grants.map(({ grant }) => sampleToken(grant));
  const strangers = tokens.map((token) => ({ ...token, clientId: 'another' }));
  // From an answer the store knows the server's clock; the first one takes long, by which it is less sure.
  await store.rotateGrants(strangers, new Date());
  await store.rotateGrants(strangers, new Date());
  for (const { grantId: id } of tokens) {
    await rig.withClient(database, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM tessera_grants WHERE id = $1 FOR UPDATE', [id]);
      const deadlineMs = performance.now() + 300;
      const rotation = runInContext({ requestId: createRequestId(), deadlineMs }, () =>
        store.rotateGrants(tokens, new Date()),
      );
      const refusal = expect(rotation).rejects.toMatchObject({ code: 'storage.unavailable' });
      await waitFor(() => performance.now() > deadlineMs + 200 || undefined, { what: 'the caller to give up' });
      await client.query('COMMIT');
      await refusal;
    });
  }
  const found = await store.findGrants(grants.map(({ grant }) => grant.id));
  expect(found.map((one) => one?.grant.generation)).toEqual([0, 0]);
  await store.close();
});

test('one replica sweeps at a time', async () => {
  const bench = await createBench(harness);
  const code = sampleCode(await bench.putCode({ isRefreshable: false }));
  await bench.api.redeemCodes([code]);
  const longAfter = new Date(code.tokensExpireAt.getTime() + 1);
  await rig.withClient(database, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(7355608002)');
    expect(await bench.durable.deleteEndedGrants(longAfter, 500)).toBe(0);
    await client.query('COMMIT');
  });
  expect(await bench.durable.deleteEndedGrants(longAfter, 500)).toBeGreaterThan(0);
  await bench.durable.close();
});
