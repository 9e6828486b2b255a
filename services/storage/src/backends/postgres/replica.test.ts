import { silentLogger } from '@tessera/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DurableStore, RecordKind } from '../../ports.ts';
import { CREATED_AT, sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

// A second server that holds what the first one held once: a replica that lags behind for ever.
let primary: TestServer;
let replica: TestServer;
beforeAll(async () => {
  [primary, replica] = await Promise.all([startTestServer(), startTestServer()]);
  // User and password are the same on both.
  const role = "CREATE ROLE shared SUPERUSER LOGIN PASSWORD 'shared'";
  await Promise.all([primary, replica].map((rig) => rig.rows('postgres', role)));
}, 60_000);
afterAll(() => Promise.all([primary?.server.close(), replica?.server.close()]), 30_000);

const now = CREATED_AT;

async function write(store: DurableStore, kind: RecordKind, id: string): Promise<void> {
  await store.writeRecords([{ kind, id, body: '{}', owner: 'o', expected: 'any', events: [] }], now);
}

/** A store on both, and what is on the primary alone. */
async function openBoth(warn: () => void = () => undefined): Promise<DurableStore> {
  const database = await primary.freshDatabase();
  await replica.server.createDatabase(database);
  const behind = replica.open(database);
  await behind.ready();
  await write(behind, 'user', 'old');
  await behind.close();
  const { host, port } = replica.server;
  const config = primary.config(database, { user: 'shared', password: 'shared', replica: { host, port } });
  const store = primary.open(database, { config, logger: { ...silentLogger, warn } });
  await store.ready();
  await write(store, 'user', 'old');
  await write(store, 'user', 'new');
  await write(store, 'client', 'c');
  await store.insertGrants([sampleNewGrant()], now);
  return store;
}

const ids = async (store: DurableStore, kind: RecordKind, owner?: string) => {
  const listing = { kind, limit: 10, ...(owner === undefined ? {} : { owner }) };
  return (await store.listRecords(listing, now)).records.map(({ id }) => id);
};

test('lists that a person looks at come from the replica, everything that is decided by from the primary', async () => {
  const store = await openBoth();
  expect(await ids(store, 'user')).toEqual(['old']);
  expect(await store.listGrants({ selector: { clientId: 'app' }, limit: 10 })).toEqual([]);
  expect(await ids(store, 'user', 'o')).toEqual(['new', 'old']);
  expect(await store.listRecords({ kind: 'client', limit: 10 }, now)).toMatchObject({
    revision: 1,
    records: [{ id: 'c' }],
  });
  expect(await store.getRecords([{ kind: 'user', id: 'new' }], now)).toMatchObject([{ id: 'new' }]);
  expect(await store.revisions()).toMatchObject({ client: 1 });
  const exported = await store.exportGrants(10);
  expect(exported).toHaveLength(1);
  expect(await store.findGrants(exported.map(({ id }) => id))).toMatchObject([{ grant: { id: exported[0]?.id } }]);
  // What moves elsewhere has to be all there is.
  await store.retire();
  expect(await ids(store, 'user')).toEqual(['new', 'old']);
  await store.close();
});

test('while the replica does not answer the primary does, and the replica is left alone', async () => {
  let warnings = 0;
  const store = await openBoth(() => {
    warnings += 1;
  });
  await replica.server.stop();
  expect(await ids(store, 'user')).toEqual(['new', 'old']);
  expect(await store.listGrants({ selector: { clientId: 'app' }, limit: 10 })).toHaveLength(1);
  const before = warnings;
  for (let turn = 0; turn < 5; turn += 1) expect(await ids(store, 'user')).toEqual(['new', 'old']);
  expect(warnings).toBe(before);
  await replica.server.start();
  await store.close();
}, 30_000);
