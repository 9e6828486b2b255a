import { randomUUID } from 'node:crypto';
import { createFakeClock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { silentLogger } from '@tessera/telemetry';
import { type EtcdServer, startEtcd, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, words } from '../../conformance/bench-api.ts';
import { sampleAuthorization, sampleCode, sampleToken, sampleUser } from '../../conformance/samples.ts';
import type { DurableStore, NewGrant, RecordToWrite } from '../../ports.ts';
import { REOPENED } from '../../rules/judge-rotation.ts';
import { laneOf } from '../../rules/lanes.ts';
import { connectEtcd } from './connection.ts';
import { openEtcdStore } from './durable.ts';
import { createKeyspace } from './keyspace.ts';
import { put, remove } from './steps.ts';

let server: EtcdServer;
beforeAll(async () => {
  server = await startEtcd();
}, 30_000);
afterAll(async () => server.close());

const now = new Date('2026-01-01T00:00:00.000Z');
const ALL_LANES = Array.from({ length: 16 }, (_, lane) => lane);

async function open(namespace: string): Promise<DurableStore> {
  const config = { type: 'etcd', endpoints: [server.url], namespace, ssl: {} } as const;
  const store = openEtcdStore({ config, clock: createFakeClock(), logger: silentLogger, hasOutbox: true });
  await store.ready();
  return store;
}

/** Two replicas on one keyspace. */
async function openTwo(namespace: string): Promise<readonly [DurableStore, DurableStore]> {
  return Promise.all([open(namespace), open(namespace)]);
}

function newGrant(changes: Partial<NewGrant> & { readonly sessionId?: string } = {}): NewGrant {
  const { sessionId, ...rest } = changes;
  return {
    id: randomUUID(),
    codeHash: Buffer.from(randomUUID().replaceAll('-', '').repeat(2), 'hex'),
    subject: 'subject',
    authorization: sampleAuthorization(sessionId === undefined ? {} : { sessionId }),
    createdAt: now,
    ...rest,
  };
}

const recordOf = (id: string, changes: Partial<RecordToWrite> = {}): RecordToWrite => ({
  kind: 'credential',
  id,
  body: '{}',
  expected: 'any',
  events: [],
  ...changes,
});

const eventOf = (key: string, index: number): SecurityEvent => ({
  id: randomUUID(),
  type: 'session.started',
  key,
  // Against the order in which they are committed: clocks differ.
  time: new Date(now.getTime() - index),
  data: JSON.stringify({ index }),
});

test('namespaces in one etcd do not see each other, whatever they begin with', async () => {
  const names = ['', 'a', 'a/tessera', 'ab'];
  const stores = await Promise.all(names.map(open));
  for (const [index, store] of stores.entries()) {
    await store.writeRecords([recordOf(`of-${names[index]}`, { owner: 'me' })], now);
    await store.insertGrants([newGrant({ subject: `of-${names[index]}` })], now);
  }
  for (const [index, store] of stores.entries()) {
    const { records } = await store.listRecords({ kind: 'credential', limit: 10 }, now);
    expect(records.map(({ id }) => id)).toEqual([`of-${names[index]}`]);
    expect((await store.exportGrants(10)).map(({ subject }) => subject)).toEqual([`of-${names[index]}`]);
  }
  expect(await server.etcdctl('get', '--prefix', '--keys-only', 'a/tessera/schema')).toBe('a/tessera/schema');
  for (const store of stores) await store.close();
});

test('owners, subjects and ids with slashes and beyond ASCII are told apart', async () => {
  const store = await open('awkward');
  const texts = ['a', 'a/', 'a/b', '/', '漢字/🏛️', 'Ü', '%2F', '..'];
  for (const text of texts) {
    const ids = texts.map((id) => recordOf(`${text} ${id}`, { owner: text }));
    await store.writeRecords(ids, now);
    await store.insertGrants([newGrant({ subject: text, sessionId: `${text}/session` })], now);
  }
  for (const text of texts) {
    const { records } = await store.listRecords({ kind: 'credential', owner: text, limit: 100 }, now);
    expect(records.map(({ id }) => id).sort()).toEqual(texts.map((id) => `${text} ${id}`).sort());
    const found = await store.listGrants({ selector: { subject: text }, limit: 100 });
    expect(found.map(({ grant }) => grant.authorization.sessionId)).toEqual([`${text}/session`]);
    expect(await store.listGrants({ selector: { subject: text, sessionId: 'a//session' }, limit: 1 })).toHaveLength(
      text === 'a/' ? 1 : 0,
    );
  }
  await store.close();
});

test('of 100 rotations through two replicas without a reuse interval one rotates, and the family is revoked once', async () => {
  const stores = await openTwo('races');
  const grant = newGrant();
  await stores[0].insertGrants([grant], now);
  const rotate = async (index: number): Promise<string | undefined> => {
    const token = {
      grantId: grant.id,
      generation: 0,
      clientId: 'app',
      rotates: true,
      reuseIntervalSeconds: 0,
      validIfNotUsedForSeconds: 0,
      attemptId: randomUUID(),
    };
    const [judged] = await (stores[index % 2] as DurableStore).rotateGrants([token], now);
    return judged?.verdict;
  };
  const verdicts = await Promise.all(Array.from({ length: 100 }, (_, index) => rotate(index)));
  const counts = Map.groupBy(verdicts, (verdict) => verdict);
  expect(counts.get('rotated')).toHaveLength(1);
  expect(counts.get('reused')).toHaveLength(1);
  expect(counts.get('revoked')).toHaveLength(98);
  const events = await stores[0].readEvents(ALL_LANES, 10);
  expect(events.map(({ event }) => event.type)).toEqual(['refresh_token.reused']);
  for (const store of stores) await store.close();
});

test('of 100 writes of anything through two replicas each gets a version of its own', async () => {
  const stores = await openTwo('versions');
  const writes = Array.from({ length: 100 }, (_, index) =>
    (stores[index % 2] as DurableStore).writeRecords([recordOf('one', { kind: 'client' })], now),
  );
  const versions = (await Promise.all(writes)).flat();
  expect(versions.sort((left, right) => (left ?? 0) - (right ?? 0))).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  expect(await stores[0].revisions()).toMatchObject({ client: 100 });
  for (const store of stores) await store.close();
});

test('events of one key come in the order of their commits, whatever the clocks say, and each once', async () => {
  const stores = await openTwo('events');
  const keys = ['jane', 'john', 'app'];
  for (let index = 0; index < 30; index += 1) {
    const store = stores[index % 2] as DurableStore;
    // Some in one transaction, some in one of their own.
    await store.appendEvents(keys.flatMap((key) => [eventOf(key, 2 * index), eventOf(key, 2 * index + 1)]));
  }
  const waiting = await stores[0].readEvents(ALL_LANES, 1000);
  expect(waiting).toHaveLength(180);
  for (const key of keys) {
    const own = waiting.filter(({ event }) => event.key === key);
    expect(own.map(({ event }) => (JSON.parse(event.data) as { index: number }).index)).toEqual(
      Array.from({ length: 60 }, (_, index) => index),
    );
    const ofLane = await stores[1].readEvents([laneOf(key)], 7);
    expect(ofLane).toEqual(waiting.filter(({ event }) => laneOf(event.key) === laneOf(key)).slice(0, 7));
  }
  await stores[1].appendEvents(waiting.slice(0, 3).map(({ event }) => event));
  expect(await stores[0].backlog()).toEqual({ waiting: 180, parked: 0, oldestAt: new Date(now.getTime() - 59) });
  await stores[0].removeEvents(waiting.slice(0, 179).map(({ position }) => position));
  await stores[0].removeEvents(waiting.slice(0, 1).map(({ position }) => position));
  expect(await stores[1].readEvents(ALL_LANES, 10)).toEqual(waiting.slice(179));
  for (const store of stores) await store.close();
});

test('a parked event is passed over, listed, and put back to the place it had', async () => {
  const store = await open('parked');
  const events = Array.from({ length: 100 }, (_, index) => eventOf('jane', index));
  await store.appendEvents(events);
  const lane = [laneOf('jane')];
  const waiting = await store.readEvents(lane, 100);
  const parked = waiting.slice(0, 80).map(({ position }) => ({ position, reason: 'too large' }));
  await store.parkEvents(parked, now);
  await store.parkEvents([{ position: waiting[0]?.position ?? '', reason: 'another' }], new Date(0));
  expect(await store.readEvents(lane, 5)).toEqual(waiting.slice(80, 85));
  expect(await store.backlog()).toMatchObject({ waiting: 20, parked: 80, oldestAt: events[99]?.time });
  const first = await store.listParkedEvents(50);
  expect(first).toEqual(waiting.slice(0, 50).map((one) => ({ ...one, parkedAt: now, reason: 'too large' })));
  const rest = await store.listParkedEvents(50, first.at(-1)?.position);
  expect(rest.map(({ position }) => position)).toEqual(waiting.slice(50, 80).map(({ position }) => position));
  // An event that is kept aside still waits: appending it again changes nothing.
  await store.appendEvents(events.slice(0, 1));
  await store.removeEvents([waiting[1]?.position ?? '']);
  const some = [0, 1, 2, 90].map((index) => waiting[index]?.position ?? '');
  expect(await store.unparkEvents([...some, 'nonsense'])).toBe(2);
  expect(await store.readEvents(lane, 3)).toEqual([waiting[0], waiting[2], waiting[80]]);
  expect(await store.unparkEvents()).toBe(77);
  expect(await store.unparkEvents()).toBe(0);
  expect(await store.readEvents(lane, 200)).toEqual(waiting.filter((_, index) => index !== 1));
  expect(await store.backlog()).toMatchObject({ waiting: 99, parked: 0 });
  await store.close();
});

test('a retired store refuses every change by every replica, hands on what waits, and can be taken back', async () => {
  const [store, other] = await openTwo('retired');
  const grant = newGrant({ endsAt: new Date(now.getTime() - 1) });
  await store.insertGrants([grant], now);
  await store.writeRecords([recordOf('a', { expiresAt: new Date(now.getTime() - 1) }), recordOf('b')], now);
  await store.appendEvents([eventOf('jane', 0)]);
  await store.retire();
  await store.retire();
  const changes = [
    () => other.insertGrants([newGrant()], now),
    () => other.insertGrants([newGrant({ codeHash: grant.codeHash })], now),
    () => other.revokeGrants([{ grantId: grant.id, reason: 'x' }], now),
    () => other.revokeGrantsBy({ subject: 'subject' }, 'x', 10, now),
    () => other.deleteEndedGrants(now, 10),
    () => other.writeRecords([recordOf('b')], now),
    () => other.removeRecords([{ kind: 'credential', id: 'b', events: [] }], now),
    () => other.deleteExpiredRecords(now, 10),
    () => other.importGrants(fresh.slice(0, 1)),
    () => other.importRecords('credential', [{ id: 'c', version: 1, body: '{}' }]),
  ];
  const fresh = (await store.exportGrants(1)).map((one) => ({
    ...one,
    ...newGrant(),
    grant: { ...one.grant, id: randomUUID() },
  }));
  for (const change of changes) {
    await expect(change()).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.retired' });
  }
  expect(await other.findGrants([grant.id])).toHaveLength(1);
  const waiting = await other.readEvents(ALL_LANES, 10);
  await other.parkEvents([{ position: waiting[0]?.position ?? '', reason: 'x' }], now);
  await other.removeEvents(waiting.map(({ position }) => position));
  expect(await other.backlog()).toEqual({ waiting: 0, parked: 0 });
  await other.reinstate();
  expect(await store.revokeGrants([{ grantId: grant.id, reason: 'x' }], now)).toEqual([true]);
  await store.close();
  await other.close();
});

test('what is moved is the same in the other namespace, and what is there already stays', async () => {
  const [from, to] = [await open('from'), await open('to')];
  const grants = Array.from({ length: 130 }, (_, index) =>
    newGrant({ subject: `s${index % 3}`, endsAt: new Date(now.getTime() + index) }),
  );
  await from.insertGrants(grants, now);
  await from.revokeGrants([{ grantId: grants[0]?.id ?? '', reason: 'moved' }], now);
  const first = await from.exportGrants(100);
  const all = [...first, ...(await from.exportGrants(100, first.at(-1)?.id))];
  expect(all.map(({ id }) => id)).toEqual(grants.map(({ id }) => id).sort());
  expect(await to.importGrants(all)).toBe(130);
  expect(await to.importGrants(all)).toBe(0);
  expect(await to.exportGrants(200)).toEqual(all);
  expect(await to.revokeGrantsBy({ subject: 's0' }, 'x', 40, now)).toBe(40);
  expect(await to.revokeGrantsBy({ subject: 's0' }, 'x', 40, now)).toBe(3);
  expect(await to.listGrants({ selector: { subject: 's0', clientId: 'app' }, limit: 100 })).toHaveLength(44);
  await from.close();
  await to.close();
});

test('two replicas sweep one at a time, and remove what ended with everything it was found by', async () => {
  const stores = await openTwo('swept');
  const ended = Array.from({ length: 40 }, (_, index) => newGrant({ endsAt: new Date(now.getTime() - 1 - index) }));
  const kept = newGrant({ endsAt: now });
  await stores[0].insertGrants([...ended, kept], now);
  await stores[0].writeRecords(
    Array.from({ length: 50 }, (_, index) =>
      recordOf(`${index}`, { owner: 'me', expiresAt: new Date(now.getTime() - 1) }),
    ),
    new Date(0),
  );
  const keysBefore = await server.etcdctl('get', '--prefix', '--keys-only', 'swept/tessera/by/');
  expect(keysBefore).toContain(ended[0]?.id);
  const counts = await Promise.all(stores.map((store) => store.deleteEndedGrants(now, 500)));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(40);
  const more = await stores[1].deleteEndedGrants(now, 500);
  expect(counts.reduce((sum, count) => sum + count, more)).toBe(40);
  expect(await stores[1].deleteExpiredRecords(now, 30)).toBe(30);
  expect(await stores[1].deleteExpiredRecords(now, 30)).toBe(20);
  const left = await server.etcdctl('get', '--prefix', '--keys-only', 'swept/tessera/');
  const ids = [...ended.map(({ id }) => id), ...ended.map(({ codeHash }) => codeHash.toString('hex')), '/credential/'];
  expect(ids.filter((id) => left.includes(id))).toEqual([]);
  expect(left).toContain(kept.id);
  for (const store of stores) await store.close();
});

test('while another replica sweeps nothing is swept, and no longer than its lease', async () => {
  const store = await open('locked');
  await store.insertGrants([newGrant({ endsAt: new Date(0) })], now);
  await server.etcdctl('put', 'locked/tessera/locks/sweep', 'another');
  expect(await store.deleteEndedGrants(now, 10)).toBe(0);
  await server.etcdctl('del', 'locked/tessera/locks/sweep');
  expect(await store.deleteEndedGrants(now, 10)).toBe(1);
  await store.close();
});

test('a layout that needs newer code is refused, one that says it is compatible is not', async () => {
  const config = (namespace: string) => ({ type: 'etcd', endpoints: [server.url], namespace, ssl: {} }) as const;
  const complaint = async (layout: string): Promise<string> => {
    const namespace = randomUUID();
    await server.etcdctl('put', `${namespace}/tessera/schema`, layout);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const store = openEtcdStore({
      config: config(namespace),
      clock: createFakeClock(),
      logger: { ...silentLogger, warn: resolve },
      hasOutbox: true,
    });
    const outcome = await Promise.race([promise, store.ready()]);
    await store.close();
    return outcome === undefined ? 'ready' : (outcome as { readonly err: Error }).err.message;
  };
  const layout = { version: 2, name: 'second', compatibleWith: 1 };
  expect(await complaint(JSON.stringify(layout))).toBe('ready');
  expect(await complaint(JSON.stringify({ ...layout, compatibleWith: 2 }))).toBe(
    'cannot use etcd: its layout 2 (second) needs a newer version of this program',
  );
  expect(await complaint(JSON.stringify({ ...layout, version: 1 }))).toMatch(/layout 1 \(second\) differs/);
  expect(await complaint('{')).toMatch(/describes no layout/);
});

test('N18: a rotation that fails in a batch fails alone, and is reopened when it was made: the others are answered', async () => {
  const namespace = 'siblings';
  const { bench, breakKey, restore } = await openBreakable(namespace);
  const [grant, broken, person] = [await bench.putGrant(), await bench.putGrant(), await bench.putGrant(OF_PERSON)];
  const tokens = [sampleToken(broken), sampleToken(person), sampleToken(grant)];
  await breakKey((keys) => keys.grants.key(broken.id));
  // Read in the transaction of the rotation, and of no use: nobody is told of what was made.
  await breakKey((keys) => keys.records('user').key('jane@example.org'));
  const failure = 'internal.unexpected';
  expect(words(await bench.api.rotateRefreshTokens(tokens))).toEqual([failure, failure, 'rotated 1']);
  await restore();
  const isReopened = async () =>
    (await bench.durable.exportGrants(10)).filter(({ attemptId }) => attemptId === REOPENED);
  const reopened = await waitFor(async () => ((await isReopened()).length > 0 ? isReopened() : undefined), {
    what: 'the rotation to be reopened',
  });
  expect(reopened.map(({ id }) => id)).toEqual([person.id]);
  await bench.durable.close();
});

test('N15: a code whose grant cannot be read fails alone, and the others of its batch get theirs', async () => {
  const { bench, breakKey, restore } = await openBreakable('codes');
  const [first, second] = [sampleCode(await bench.putCode()), sampleCode(await bench.putCode())];
  expect(words(await bench.api.redeemCodes([first]))).toEqual(['redeemed']);
  await breakKey((keys) => keys.grants.key(first.grantId));
  const replay = { ...first, grantId: randomUUID() };
  const answers = words(await bench.api.redeemCodes([replay, second]));
  expect(answers).toEqual(['internal.unexpected', 'redeemed']);
  await restore();
  await bench.durable.close();
});

test('a revocation that fails in a batch fails alone, and the others are told', async () => {
  const { bench, breakKey, restore } = await openBreakable('revocations');
  const [broken, grant] = [await bench.putGrant(), await bench.putGrant()];
  await breakKey((keys) => keys.grants.key(broken.id));
  const outcomes = await bench.api.revokeGrants([broken, grant].map(({ id }) => ({ grantId: id, reason: 'x' })));
  expect(outcomes).toMatchObject([
    { ok: false, error: { code: 'internal.unexpected' } },
    { ok: true, value: true },
  ]);
  await restore();
  await bench.durable.close();
});

const OF_PERSON = { connectorId: 'local' };

/** A bench whose keys can be overwritten with what cannot be read, and restored. */
async function openBreakable(namespace: string) {
  const config = { type: 'etcd', endpoints: [server.url], namespace, ssl: {} } as const;
  const bench = await createBench({
    open: async (options) => openEtcdStore({ ...options, config, logger: silentLogger }),
    isPersistent: true,
  });
  await bench.putUser(sampleUser());
  const keys = createKeyspace(config);
  const broken = new Map<Buffer, Buffer | undefined>();
  const connection = connectEtcd(config, createFakeClock());
  return {
    bench,
    breakKey: async (keyOf: (keyspace: typeof keys) => Buffer): Promise<void> => {
      const key = keyOf(keys);
      broken.set(key, (await connection.range({ key })).kvs[0]?.value);
      await connection.txn({ compare: [], success: [put(key, 'no JSON')], failure: [] });
    },
    restore: async (): Promise<void> => {
      const success = [...broken].map(([key, value]) => (value === undefined ? remove(key) : put(key, value)));
      await connection.txn({ compare: [], success, failure: [] });
      connection.close();
    },
  };
}
