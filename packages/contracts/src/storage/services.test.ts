import { StorageEventsServiceService } from '@tessera/proto/tessera/storage/v1/events';
import { createRpcClient, failed, succeeded } from '@tessera/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorization, grant, grantToCreate, moment } from '../testing/arbitraries.ts';
import { fakeStorageApi } from '../testing/fake-storage-api.ts';
import { startLoopback } from '../testing/loopback.ts';
import { sampleOf } from '../testing/sample.ts';
import * as arbitrary from '../testing/storage-arbitraries.ts';
import type { AdministeredKind, AdministeredRecords } from './administration.ts';
import { storageBindings } from './bindings.ts';
import { createStorage, storageClient } from './client.ts';
import type { SecurityEvent } from './events.ts';
import { eventToWire } from './events-wire.ts';
import type { StorageApi } from './storage.ts';

const DEADLINE_MS = 5_000;

type Answers = { readonly [M in keyof StorageApi]?: Awaited<ReturnType<StorageApi[M]>> };

/** A storage behind a connection that gives these answers, and what it was asked. */
async function startStorage(answers: Answers) {
  const asked: unknown[][] = [];
  const methods = Object.entries(answers).map(([name, answer]) => [
    name,
    async (...parameters: unknown[]) => {
      asked.push([name, ...parameters]);
      return answer;
    },
  ]);
  const loopback = await startLoopback(storageBindings(fakeStorageApi(Object.fromEntries(methods))));
  return {
    asked,
    as: (caller: string) => storageClient(loopback.as(caller), DEADLINE_MS),
    [Symbol.asyncDispose]: () => loopback[Symbol.asyncDispose](),
  };
}

test('short-lived state says over the wire what it says in process', async () => {
  const answers = {
    putPushedRequest: undefined,
    consumePushedRequest: Buffer.from('pushed'),
    putDeviceRequest: true,
    findDeviceRequest: sampleOf(arbitrary.device),
    decideDeviceRequest: true,
    pollDeviceRequest: 'slow_down',
    putUpstreamState: undefined,
    consumeUpstreamState: Buffer.from('state'),
    consumeOnce: [succeeded(true), succeeded(false)],
    countAttempts: [succeeded(sampleOf(arbitrary.attemptCount))],
    forgetAttempts: undefined,
  } satisfies Answers;
  await using storage = await startStorage(answers);
  const authorize = storage.as('authorize');
  const pushed = { id: 'p', clientId: 'c', payload: Buffer.from('pushed') };
  const device = sampleOf(arbitrary.newDevice);
  const decision = { userCode: 'u', authorization: sampleOf(authorization), attemptId: 'a' };
  const poll = { userCode: 'u', deviceId: 'u.d', clientId: 'c' };
  const values = fc.sample(arbitrary.valueToConsume, 2);
  const attempts = fc.sample(arbitrary.attempt, 1);
  const got = {
    putPushedRequest: await authorize.putPushedRequest(pushed, 60),
    consumePushedRequest: await authorize.consumePushedRequest('p', 'c'),
    putDeviceRequest: await authorize.putDeviceRequest(device),
    findDeviceRequest: await authorize.findDeviceRequest('u'),
    decideDeviceRequest: await authorize.decideDeviceRequest(decision),
    pollDeviceRequest: await authorize.pollDeviceRequest(poll),
    putUpstreamState: await authorize.putUpstreamState('s', Buffer.from('state'), 60),
    consumeUpstreamState: await authorize.consumeUpstreamState('s'),
    consumeOnce: await authorize.consumeOnce(values),
    countAttempts: await authorize.countAttempts(attempts),
    forgetAttempts: await authorize.forgetAttempts(['k']),
  };
  expect(got).toEqual(answers);
  expect(storage.asked).toEqual([
    ['putPushedRequest', pushed, 60],
    ['consumePushedRequest', 'p', 'c'],
    ['putDeviceRequest', device],
    ['findDeviceRequest', 'u'],
    ['decideDeviceRequest', decision],
    ['pollDeviceRequest', poll],
    ['putUpstreamState', 's', Buffer.from('state'), 60],
    ['consumeUpstreamState', 's'],
    ['consumeOnce', values],
    ['countAttempts', attempts],
    ['forgetAttempts', ['k']],
  ]);
});

test('what was empty and what was not there are different things over the wire', async () => {
  await using empty = await startStorage({
    consumePushedRequest: Buffer.alloc(0),
    consumeUpstreamState: Buffer.alloc(0),
  });
  expect(await empty.as('authorize').consumePushedRequest('p', 'c')).toEqual(Buffer.alloc(0));
  expect(await empty.as('federation').consumeUpstreamState('s')).toEqual(Buffer.alloc(0));
  await using absent = await startStorage({});
  const [authorize, admin] = [absent.as('authorize'), absent.as('admin')];
  expect(await authorize.consumePushedRequest('p', 'c')).toBeUndefined();
  expect(await authorize.consumeUpstreamState('s')).toBeUndefined();
  expect(await authorize.findDeviceRequest('u')).toBeUndefined();
  expect(await authorize.findConsent('s', 'c')).toBeUndefined();
  expect(await authorize.findSessions(['s'])).toEqual([succeeded(undefined)]);
  expect(await admin.getRecord('user', 'a@b')).toBeUndefined();
  expect(await admin.consumeInitialAccessToken('t')).toBeUndefined();
  expect(await admin.putRecord(sampleOf(arbitrary.recordToPut('client')))).toBeUndefined();
});

test('sessions and consents say over the wire what they say in process', async () => {
  const [session, consent] = [sampleOf(arbitrary.session), sampleOf(arbitrary.consent)];
  const stored = { value: session, version: 3 };
  const answers = {
    createSession: undefined,
    findSessions: [succeeded(stored), succeeded(undefined)],
    updateSession: true,
    endSession: true,
    putLogoutDeliveries: undefined,
    takeLogoutDeliveries: fc.sample(arbitrary.delivery, 3),
    settleLogoutDeliveries: undefined,
    listSessions: { items: [stored], nextCursor: 'more' },
    findConsent: consent,
    putConsent: undefined,
    withdrawConsent: true,
    listConsents: { items: [consent] },
  } satisfies Answers;
  await using storage = await startStorage(answers);
  const authorize = storage.as('authorize');
  const events = fc.sample(arbitrary.event, 2);
  const end = { id: 's', reason: 'logout', revokesGrants: false, revokesGrantsOfClients: ['a', 'b'] };
  const deliveries = fc.sample(arbitrary.delivery, 2);
  const results = [{ id: 'd' }, { id: 'e', retryAt: sampleOf(moment) }];
  const got = {
    createSession: await authorize.createSession(session, events),
    findSessions: await authorize.findSessions(['a', 'b']),
    updateSession: await authorize.updateSession(session, 3),
    endSession: await authorize.endSession(end),
    putLogoutDeliveries: await authorize.putLogoutDeliveries(deliveries),
    takeLogoutDeliveries: await authorize.takeLogoutDeliveries(5, 60),
    settleLogoutDeliveries: await authorize.settleLogoutDeliveries(results),
    listSessions: await authorize.listSessions({ subject: 's', cursor: 'here', limit: 7 }),
    findConsent: await authorize.findConsent('s', 'c'),
    putConsent: await authorize.putConsent(consent),
    withdrawConsent: await authorize.withdrawConsent('s', 'c'),
    listConsents: await authorize.listConsents({ subject: 's' }),
  };
  expect(got).toEqual(answers);
  expect(storage.asked).toEqual([
    ['createSession', session, events],
    ['findSessions', ['a', 'b']],
    ['updateSession', session, 3],
    ['endSession', end],
    ['putLogoutDeliveries', deliveries],
    ['takeLogoutDeliveries', 5, 60],
    ['settleLogoutDeliveries', results],
    ['listSessions', { subject: 's', cursor: 'here', limit: 7 }],
    ['findConsent', 's', 'c'],
    ['putConsent', consent],
    ['withdrawConsent', 's', 'c'],
    ['listConsents', { subject: 's' }],
  ]);
});

test('a session ends without its grants, with all of them or with those of some clients, over the wire as in process', async () => {
  await using storage = await startStorage({ endSession: false });
  const ends = [
    { id: 's', reason: 'logout', revokesGrants: false },
    { id: 's', reason: 'logout', revokesGrants: true },
    { id: 's', reason: 'logout', revokesGrants: false, revokesGrantsOfClients: ['a'] },
  ];
  for (const end of ends) expect(await storage.as('authorize').endSession(end)).toBe(false);
  expect(storage.asked).toEqual(ends.map((end) => ['endSession', end]));
});

test('records of every kind are read, listed and written over the wire as in process', async () => {
  for (const kind of Object.keys(arbitrary.administered) as AdministeredKind[]) {
    const value: AdministeredRecords[typeof kind] = sampleOf<AdministeredRecords[AdministeredKind]>(
      arbitrary.administered[kind],
    );
    const record = { value, version: 5 };
    const page = { items: [record, record], nextCursor: 'more' };
    await using storage = await startStorage({ getRecord: record, listRecords: page, putRecord: 6 });
    const admin = storage.as('admin');
    const toPut = sampleOf(arbitrary.recordToPut(kind));
    expect(await admin.getRecord(kind, 'i')).toEqual(record);
    expect(await admin.listRecords(kind, { subject: 's', limit: 2 })).toEqual(page);
    expect(await admin.putRecord(toPut)).toBe(6);
    expect(storage.asked).toEqual([
      ['getRecord', kind, 'i'],
      ['listRecords', kind, { subject: 's', limit: 2 }],
      ['putRecord', toPut],
    ]);
  }
});

test('the rest of administration says over the wire what it says in process', async () => {
  const answers = {
    deleteRecord: true,
    consumeInitialAccessToken: sampleOf(arbitrary.initialAccessToken),
    listGrants: { items: fc.sample(grant, 2), nextCursor: 'more' },
    revokeGrantsBy: { revoked: 2000, isComplete: false },
    listParkedEvents: { items: fc.sample(arbitrary.parked, 2) },
    retryParkedEvents: 2,
  } satisfies Answers;
  await using storage = await startStorage(answers);
  const admin = storage.as('admin');
  const selector = sampleOf(arbitrary.selector);
  const removal = { kind: 'client', id: 'c', expectedVersion: 2, actor: 'a' } as const;
  const got = {
    deleteRecord: await admin.deleteRecord(removal),
    consumeInitialAccessToken: await admin.consumeInitialAccessToken('t'),
    listGrants: await admin.listGrants({ selector, cursor: 'here' }),
    revokeGrantsBy: await admin.revokeGrantsBy({ selector, reason: 'administrator' }),
    listParkedEvents: await admin.listParkedEvents({}),
    retryParkedEvents: await admin.retryParkedEvents(['1', '2']),
  };
  expect(got).toEqual(answers);
  expect(await admin.deleteRecord({ kind: 'user', id: 'a@b', actor: 'a' })).toBe(true);
  expect(await admin.retryParkedEvents()).toBe(2);
  expect(await admin.retryParkedEvents([])).toBe(0);
  expect(storage.asked).toEqual([
    ['deleteRecord', removal],
    ['consumeInitialAccessToken', 't'],
    ['listGrants', { selector, cursor: 'here' }],
    ['revokeGrantsBy', { selector, reason: 'administrator' }],
    ['listParkedEvents', {}],
    ['retryParkedEvents', ['1', '2']],
    ['deleteRecord', { kind: 'user', id: 'a@b', actor: 'a' }],
    ['retryParkedEvents', undefined],
  ]);
});

test('the outbox, stored connectors and reopened rotations say over the wire what they say in process', async () => {
  const answers = {
    takeEvents: sampleOf(arbitrary.taken),
    settleEvents: undefined,
    releaseLanes: undefined,
    listConnectors: { version: '2', connectors: fc.sample(arbitrary.storedConnector, 2), nextCursor: 'more' },
    reopenRotations: [succeeded(true), succeeded(false)],
  } satisfies Answers;
  await using storage = await startStorage(answers);
  const events = storage.as('events');
  const settled = { published: ['1'], parked: [{ position: '2', reason: 'too large' }] };
  const rotations = [
    { grantId: 'g', generation: 1 },
    { grantId: 'h', generation: 2 },
  ];
  const got = {
    takeEvents: await events.takeEvents({ workerId: 'w', leaseSeconds: 30, limit: 100 }),
    settleEvents: await events.settleEvents(settled),
    releaseLanes: await events.releaseLanes('w'),
    listConnectors: await storage.as('federation').listConnectors({ knownVersion: '1' }),
    reopenRotations: await storage.as('token').reopenRotations(rotations),
  };
  expect(got).toEqual(answers);
  expect(storage.asked).toEqual([
    ['takeEvents', { workerId: 'w', leaseSeconds: 30, limit: 100 }],
    ['settleEvents', settled],
    ['releaseLanes', 'w'],
    ['listConnectors', { knownVersion: '1' }],
    ['reopenRotations', rotations],
  ]);
});

test('only the first page of a watched list can say that nothing changed', async () => {
  await using storage = await startStorage({ listClients: { version: '7' }, listConnectors: { version: '7' } });
  const authorize = storage.as('authorize');
  expect(await authorize.listClients({ knownVersion: '7' })).toEqual({ version: '7' });
  expect(await authorize.listConnectors({ knownVersion: '7' })).toEqual({ version: '7' });
  expect(await authorize.listClients({ cursor: 'here' })).toEqual({ version: '7', clients: [] });
  expect(await authorize.listConnectors({ knownVersion: '6' })).toEqual({ version: '7', connectors: [] });
});

test('events, used values, attempts, sessions and new grants of one turn travel together, and one that fails leaves the others alone', async () => {
  const batches: number[] = [];
  const answer = <T, A>(items: readonly T[], isBad: (item: T) => boolean, good: A) => {
    batches.push(items.length);
    return items.map((item) => (isBad(item) ? failed(new Error('no')) : succeeded(good)));
  };
  const [attemptCount, newGrant] = [sampleOf(arbitrary.attemptCount), sampleOf(grant)];
  const api = fakeStorageApi({
    appendEvents: async (events) => answer(events, ({ key }) => key === 'bad', undefined),
    consumeOnce: async (values) => answer(values, ({ scope }) => scope === 'bad', true),
    countAttempts: async (attempts) => answer(attempts, ({ key }) => key === 'bad', attemptCount),
    findSessions: async (ids) => answer(ids, (id) => id === 'bad', undefined),
    reopenRotations: async (rotations) => answer(rotations, ({ grantId }) => grantId === 'bad', true),
    createGrants: async (grants) => answer(grants, ({ grantId }) => grantId === 'bad', newGrant),
  });
  await using loopback = await startLoopback(storageBindings(api));
  const storage = createStorage(storageClient(loopback.as('token'), DEADLINE_MS));
  const event = sampleOf(arbitrary.event);
  const toCreate = sampleOf(grantToCreate);
  const names = ['a', 'bad', 'c'];
  const singles: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
    appendEvent: (key) => storage.appendEvent({ ...event, key }),
    consumeOnce: (scope) => storage.consumeOnce({ scope, value: 'v', ttlSeconds: 1 }),
    countAttempt: (key) => storage.countAttempt({ key, limit: 1, windowSeconds: 1 }),
    findSession: (id) => storage.findSession(id),
    reopenRotation: (grantId) => storage.reopenRotation({ grantId, generation: 1 }),
    createGrant: (grantId) => storage.createGrant({ ...toCreate, grantId }),
  };
  for (const single of Object.values(singles)) {
    const results = await Promise.allSettled(names.map(single));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  }
  expect(batches).toEqual([3, 3, 3, 3, 3, 3]);
});

test('an event that cannot be read is refused by itself', async () => {
  const seen: (readonly SecurityEvent[])[] = [];
  const api = fakeStorageApi({
    async appendEvents(events) {
      seen.push(events);
      return events.map(() => succeeded(undefined));
    },
  });
  await using loopback = await startLoopback(storageBindings(api));
  const client = createRpcClient({
    definition: StorageEventsServiceService,
    channel: loopback.as('keys'),
    idempotent: [],
    deadlineMs: DEADLINE_MS,
  });
  const [first, last] = fc.sample(arbitrary.event, 2) as [SecurityEvent, SecurityEvent];
  const messages = [eventToWire(first), { ...eventToWire(first), time: undefined }, eventToWire(last)];
  const { outcomes } = await client.appendEvents({ events: messages });
  expect(outcomes.map(({ outcome }) => outcome?.$case)).toEqual(['isAppended', 'error', 'isAppended']);
  expect(seen).toEqual([[first, last]]);
});
