import { randomUUID } from 'node:crypto';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DurableStore, RecordKind, RecordToWrite } from '../../ports.ts';
import { CREATED_AT, sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
beforeAll(async () => {
  rig = await startTestServer();
}, 60_000);
afterAll(() => rig?.server.close(), 30_000);

const now = CREATED_AT;
const retired = { kind: 'unavailable', code: 'storage.retired' };

function record(kind: RecordKind, id: string): RecordToWrite {
  return { kind, id, body: '{}', expected: 'any', events: [] };
}

async function openTwo(): Promise<readonly [string, DurableStore, DurableStore]> {
  const database = await rig.freshDatabase();
  const [left, right] = [rig.open(database), rig.open(database)];
  await Promise.all([left.ready(), right.ready()]);
  return [database, left, right];
}

test('a retired store refuses changes by every process, reads and sends on, and can be taken back', async () => {
  const [, left, right] = await openTwo();
  const grant = sampleNewGrant();
  // Prepared before, so that the plans are those of a store that takes changes.
  await right.insertGrants([grant], now);
  await right.writeRecords([record('client', 'a'), record('lease', 'l')], now);
  await right.appendEvents([{ id: randomUUID(), type: 't', key: 'k', time: now, data: '{}' }]);
  await left.retire();
  await left.retire();
  const token = {
    grantId: grant.id,
    generation: 0,
    clientId: 'app',
    rotates: true,
    reuseIntervalSeconds: 0,
    validIfNotUsedForSeconds: 0,
    attemptId: 'a',
  };
  for (const change of [
    () => right.insertGrants([sampleNewGrant()], now),
    () => right.rotateGrants([token], now),
    () => right.revokeGrants([{ grantId: grant.id, reason: 'x' }], now),
    () => right.revokeGrantsBy({ clientId: 'app' }, 'x', 10, now),
    () => right.deleteEndedGrants(now, 10),
    () => right.writeRecords([record('client', 'a')], now),
    () => right.writeRecords([record('session', 'b')], now),
    () => right.removeRecords([{ kind: 'client', id: 'a', events: [] }], now),
    () => right.importGrants([{ ...sampleNewGrant(), grant: { ...sampleNewGrant(), generation: 0, lastUsedAt: now } }]),
    () => right.importRecords('client', [{ id: 'c', version: 1, body: '{}' }]),
  ]) {
    await expect(change()).rejects.toMatchObject(retired);
  }
  expect(await right.revisions()).toMatchObject({ client: 1 });
  expect(await right.exportGrants(10)).toHaveLength(1);
  expect(await right.writeRecords([record('lease', 'l')], now)).toEqual([2]);
  expect(await right.removeRecords([{ kind: 'lease', id: 'l', events: [] }], now)).toEqual([true]);
  const waiting = await right.readEvents(
    Array.from({ length: 16 }, (_, lane) => lane),
    10,
  );
  await right.removeEvents(waiting.map(({ position }) => position));
  expect(await right.backlog()).toMatchObject({ waiting: 0 });
  await right.reinstate();
  await right.reinstate();
  const [judged] = await left.rotateGrants([token], now);
  expect(judged?.verdict).toBe('rotated');
  await Promise.all([left.close(), right.close()]);
});

test('a change that is under way when the store retires is there before it has', async () => {
  const [database, left, right] = await openTwo();
  const grant = sampleNewGrant();
  await left.insertGrants([grant], now);
  const waitingFor = async (lock: string) => {
    const sql = 'SELECT FROM pg_locks WHERE NOT granted AND (locktype = $1 OR mode = $1)';
    await waitFor(async () => (await rig.rows(database, sql, [lock])).length > 0, { what: `a wait for ${lock}` });
  };
  await rig.withClient(database, async (client) => {
    await client.query('BEGIN; SELECT FROM tessera_grants FOR UPDATE');
    const revoking = right.revokeGrants([{ grantId: grant.id, reason: 'x' }], now);
    await waitingFor('transactionid');
    const retiring = left.retire();
    await waitingFor('ShareRowExclusiveLock');
    // Comes after the retirement and so waits behind it.
    const late = right.insertGrants([sampleNewGrant()], now).catch((error: unknown) => error);
    await waitingFor('RowExclusiveLock');
    await client.query('COMMIT');
    expect(await revoking).toEqual([true]);
    await retiring;
    expect(await late).toMatchObject(retired);
  });
  const [exported] = await left.exportGrants(10);
  expect(exported?.grant.revokedAt).toEqual(now);
  await Promise.all([left.close(), right.close()]);
});

test('what is exported is what was imported, and importing it again changes nothing', async () => {
  const [, left] = await openTwo();
  const [, other] = await openTwo();
  const grants = Array.from({ length: 5 }, () => sampleNewGrant({ endsAt: new Date('2026-02-01T00:00:00.000Z') }));
  await left.insertGrants(grants, now);
  await left.revokeGrants([{ grantId: grants[0]?.id ?? '', reason: 'x' }], now);
  const exported = await left.exportGrants(100);
  expect(await other.importGrants(exported)).toBe(5);
  expect(await other.importGrants(exported)).toBe(0);
  expect(await other.exportGrants(100)).toEqual(exported);
  expect(await other.exportGrants(2, exported[1]?.id)).toEqual(exported.slice(2, 4));
  expect(await other.importRecords('client', [{ id: 'a', version: 7, body: '{}', owner: 'o' }])).toBe(1);
  expect(await other.importRecords('client', [{ id: 'a', version: 9, body: '[]' }])).toBe(0);
  expect(await other.listRecords({ kind: 'client', limit: 10 }, now)).toEqual({
    revision: 1,
    records: [{ id: 'a', version: 7, body: '{}', owner: 'o' }],
  });
  await Promise.all([left.close(), other.close()]);
});
