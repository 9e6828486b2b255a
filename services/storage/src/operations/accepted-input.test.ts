import { randomUUID } from 'node:crypto';
import type { StorageApi } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import type { Outcome } from '@tessera/rpc';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createBench } from '../conformance/bench-api.ts';
import {
  sampleConnector,
  sampleConsent,
  sampleCredential,
  sampleDelivery,
  sampleEvent,
  sampleInitialAccessToken,
  sampleSession,
} from '../conformance/durable-samples.ts';
import { sampleAuthorization, sampleClient, sampleCode, sampleToken } from '../conformance/samples.ts';

const bench = await createBench({ open: async (options) => createMemoryDurableStore(options), isPersistent: false });
const { api } = bench;

const TOO_LONG = 'x'.repeat(513);
const TOO_LARGE = new Uint8Array(256 * 1024 + 1);
const unstorable = ['', 'nul\0', 'lone \ud800', TOO_LONG];
const payload = Uint8Array.of(1);

/** Codes of what became of each item of a batch. */
function codes(outcomes: readonly Outcome<unknown>[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.ok ? 'ok' : `${outcome.error.kind} ${outcome.error.code}`));
}

/** Writes a client. */
function putClient(s: StorageApi, value: Client): Promise<unknown> {
  return s.putRecord({ kind: 'client', value, expected: 'any', actor: '' });
}

/** Proves that each call is refused with the code. */
async function refuses(code: string, ...calls: readonly ((api: StorageApi) => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) await expect(call(api)).rejects.toMatchObject({ kind: 'invalid_argument', code });
}

test('an id that cannot be kept is refused when something is put under it, and otherwise unknown', async () => {
  for (const id of unstorable) {
    await refuses(
      'storage.invalid_id',
      (s) => s.putAuthorizationRequest({ id, version: 1, payload }, 60),
      (s) => s.putPushedRequest({ id, clientId: 'app', payload }, 60),
      (s) => s.putPushedRequest({ id: 'a', clientId: id, payload }, 60),
      (s) => s.putUpstreamState(id, payload, 60),
      (s) => s.createSession(sampleSession({ id })),
      (s) => s.createSession(sampleSession({ subject: id })),
      (s) => s.putConsent(sampleConsent(id)),
      (s) => s.putConsent(sampleConsent('s', { clientId: id })),
      (s) => s.listConsents({ subject: id }),
      (s) => s.getKeySet(id),
      (s) => s.compareAndSetKeySet(id, 0, payload),
    );
    await refuses(
      'storage.invalid_record',
      (s) => s.putRecord({ kind: 'connector', value: sampleConnector(id), expected: 'any', actor: '' }),
      (s) => s.putRecord({ kind: 'credential', value: sampleCredential(id), expected: 'any', actor: '' }),
    );
    expect(await api.getAuthorizationRequest(id)).toEqual({ type: 'absent' });
    expect(await api.updateAuthorizationRequest({ id, version: 1, payload })).toBe(false);
    expect(await api.consumePushedRequest(id, 'app')).toBeUndefined();
    expect(await api.consumePushedRequest('a', id)).toBeUndefined();
    expect(await api.consumeUpstreamState(id)).toBeUndefined();
    expect(await api.findDeviceRequest(id)).toBeUndefined();
    expect(await api.decideDeviceRequest({ userCode: id, attemptId: 'a' })).toBe(false);
    expect(await api.pollDeviceRequest({ userCode: id, deviceId: `${id}.x`, clientId: 'app' })).toBe('unknown');
    expect(await api.endSession({ id, reason: 'logout', revokesGrants: false })).toBe(false);
    expect(await api.findConsent(id, 'app')).toBeUndefined();
    expect(await api.withdrawConsent('s', id)).toBe(false);
    expect(await api.getRecord('client', id)).toBeUndefined();
    expect(await api.deleteRecord({ kind: 'client', id, actor: '' })).toBe(false);
    await api.forgetAttempts([id]);
  }
});

test('what is too long is refused', async () => {
  await refuses(
    'storage.invalid_payload',
    (s) => s.putAuthorizationRequest({ id: 'a', version: 1, payload: TOO_LARGE }, 60),
    (s) => s.updateAuthorizationRequest({ id: 'a', version: 1, payload: TOO_LARGE }),
    (s) => s.putPushedRequest({ id: 'a', clientId: 'app', payload: TOO_LARGE }, 60),
    (s) => s.putUpstreamState('a', TOO_LARGE, 60),
    (s) => s.createSession(sampleSession({ payload: TOO_LARGE })),
    (s) => s.compareAndSetKeySet('a', 0, TOO_LARGE),
  );
  const long = 'x'.repeat(70_000);
  const authorization = sampleAuthorization({ details: { acr: 'x'.repeat(16 * 1024) } });
  const completion = { id: 'a', version: 1, codeTtlSeconds: 60, attemptId: 'a' };
  await refuses(
    'storage.invalid_record',
    (s) => s.completeAuthorizationRequest({ ...completion, authorization }),
    (s) => s.decideDeviceRequest({ userCode: 'u', authorization, attemptId: 'a' }),
    (s) => putClient(s, { ...sampleClient('a'), settings: { description: long } }),
    (s) => putClient(s, { ...sampleClient('a'), hmacSecret: long }),
  );
  await refuses(
    'storage.invalid_record',
    (s) => s.putRecord({ kind: 'client', value: { ...sampleClient('a'), name: long }, expected: 'any', actor: '' }),
    (s) =>
      s.putRecord({
        kind: 'connector',
        value: sampleConnector('a', { config: TOO_LARGE }),
        expected: 'any',
        actor: '',
      }),
    (s) => s.putConsent(sampleConsent('s', { scopes: [long, long, long, long] })),
    (s) => s.putConsent(sampleConsent('s', { scopes: [''] })),
    (s) => s.createSession(sampleSession({ clientIds: Array.from({ length: 8 }, () => long) })),
  );
});

test('a lifetime, a version, a number of uses and a length of a page have to be one', async () => {
  for (const ttlSeconds of [0, -1, 1.5, Number.NaN]) {
    await refuses(
      'storage.invalid_ttl',
      (s) => s.putPushedRequest({ id: 'a', clientId: 'app', payload }, ttlSeconds),
      (s) => s.putUpstreamState('a', payload, ttlSeconds),
      (s) => s.takeEvents({ workerId: 'w', leaseSeconds: ttlSeconds, limit: 1 }),
    );
    await refuses('storage.invalid_page', (s) => s.takeEvents({ workerId: 'w', leaseSeconds: 1, limit: ttlSeconds }));
    const put = (expected: number) => (s: StorageApi) =>
      s.putRecord({ kind: 'client', value: sampleClient('a'), expected, actor: '' });
    await refuses('storage.invalid_record', put(ttlSeconds));
  }
  for (const remainingUses of [-1, 0.5, 2 ** 32]) {
    const value = sampleInitialAccessToken({ remainingUses });
    await refuses('storage.invalid_record', (s) =>
      s.putRecord({ kind: 'initial_access_token', value, expected: 'any', actor: '' }),
    );
  }
  await refuses(
    'storage.invalid_record',
    (s) => s.endSession({ id: 'a', reason: '', revokesGrants: true }),
    (s) => s.revokeGrantsBy({ selector: { clientId: 'a' }, reason: '' }),
  );
  await refuses(
    'storage.invalid_page',
    (s) => s.listRecords('client', { limit: 1001 }),
    (s) => s.listSessions({ limit: 0 }),
    (s) => s.listConsents({ subject: 's', limit: 0 }),
    (s) => s.listParkedEvents({ limit: 0 }),
    (s) => s.listGrants({ selector: { clientId: 'a' }, limit: 0 }),
    (s) => s.listGrants({ selector: { clientId: 'a' }, cursor: 'bm8gdXVpZA' }),
  );
});

test('a device request is a user code, a device id in its place, and an interval', async () => {
  const request = {
    userCode: 'ABCD',
    deviceId: 'ABCD.secret',
    clientId: 'app',
    payload,
    ttlSeconds: 60,
    intervalSeconds: 5,
  };
  for (const deviceId of ['', 'secret', 'ABCD', 'ABCD.', 'ABCDE.secret', 'ABCD.nul\0']) {
    await refuses('storage.invalid_id', (s) => s.putDeviceRequest({ ...request, deviceId }));
  }
  for (const intervalSeconds of [0, -1, 1.5, 3601]) {
    await refuses('storage.invalid_ttl', (s) => s.putDeviceRequest({ ...request, intervalSeconds }));
  }
  await refuses('storage.invalid_ttl', (s) => s.putDeviceRequest({ ...request, ttlSeconds: 0 }));
  await refuses('storage.invalid_payload', (s) => s.putDeviceRequest({ ...request, payload: TOO_LARGE }));
  expect(await api.putDeviceRequest(request)).toBe(true);
});

test('grants are meant by something, and credentials alone belong to a person', async () => {
  for (const selector of [{}, { clientId: '' }, { subject: 'nul\0' }, { sessionId: TOO_LONG, clientId: 'app' }]) {
    await refuses(
      'storage.invalid_selector',
      (s) => s.listGrants({ selector }),
      (s) => s.revokeGrantsBy({ selector, reason: 'x' }),
    );
  }
  await refuses('storage.invalid_selector', (s) => s.listRecords('client', { subject: 's' }));
});

test('a value that cannot be kept fails alone, and the others of its batch are used', async () => {
  const value = { scope: 's', value: 'v', ttlSeconds: 60 };
  const outcomes = await api.consumeOnce([
    value,
    { ...value, scope: '' },
    { ...value, value: '' },
    { ...value, value: 'x'.repeat(4097) },
    { ...value, ttlSeconds: 0 },
    value,
  ]);
  expect(codes(outcomes)).toEqual([
    'ok',
    'invalid_argument storage.invalid_id',
    'invalid_argument storage.invalid_id',
    'invalid_argument storage.invalid_id',
    'invalid_argument storage.invalid_ttl',
    'ok',
  ]);
  expect([outcomes[0], outcomes[5]]).toEqual([
    { ok: true, value: true },
    { ok: true, value: false },
  ]);
});

test('an attempt that cannot be counted fails alone', async () => {
  const attempt = { key: 'k', limit: 1, windowSeconds: 60 };
  const outcomes = await api.countAttempts([
    { ...attempt, key: '' },
    attempt,
    { ...attempt, windowSeconds: 0 },
    { ...attempt, limit: -1 },
    attempt,
  ]);
  expect(codes(outcomes)).toEqual([
    'invalid_argument storage.invalid_id',
    'ok',
    'invalid_argument storage.invalid_ttl',
    'invalid_argument storage.invalid_limit',
    'ok',
  ]);
  expect(outcomes[4]).toEqual({ ok: true, value: { count: 2, isAllowed: false, retryAfterSeconds: 60 } });
});

test('an event that is none fails alone; one with a change stops the change', async () => {
  const event = sampleEvent('key');
  const broken = [
    { ...event, id: 'no-uuid' },
    { ...event, type: '' },
    { ...event, type: 'x'.repeat(65) },
    { ...event, key: '' },
    { ...event, time: new Date(Number.NaN) },
    { ...event, data: '[]' },
    { ...event, data: 'null' },
    { ...event, data: '{' },
    { ...event, data: JSON.stringify({ text: 'x'.repeat(16 * 1024) }) },
  ];
  const outcomes = await api.appendEvents([...broken, event, { ...event, id: randomUUID() }, event]);
  const refused = broken.map(() => 'invalid_argument storage.invalid_event');
  expect(codes(outcomes)).toEqual([...refused, 'ok', 'ok', 'ok']);
  expect((await bench.durable.backlog()).waiting).toBe(2);
  for (const one of broken) {
    await refuses(
      'storage.invalid_event',
      (s) => s.compareAndSetKeySet('set', 0, payload, [one]),
      (s) => s.createSession(sampleSession(), [one]),
    );
  }
  expect((await api.getKeySet('set')).version).toBe(0);
});

test('a moment by which a backend sorts or sweeps is one of the years 1970 to 9999', async () => {
  for (const moment of ['1969-12-31T23:59:59.999Z', '+010000-01-01T00:00:00.000Z', 'never'].map((at) => new Date(at))) {
    const value = sampleInitialAccessToken({ expiresAt: moment });
    await refuses(
      'storage.invalid_record',
      (s) => s.createSession(sampleSession({ expiresAt: moment })),
      (s) => s.updateSession(sampleSession({ expiresAt: moment }), 1),
      (s) => s.putConsent(sampleConsent('s', { expiresAt: moment })),
      (s) => s.putRecord({ kind: 'initial_access_token', value, expected: 'any', actor: '' }),
    );
    const event = sampleEvent('key');
    expect(codes(await api.appendEvents([{ ...event, time: moment }, event]))).toEqual([
      'invalid_argument storage.invalid_event',
      'ok',
    ]);
    const redemptions = [{ tokensExpireAt: moment }, { refreshExpiresAt: moment }, {}];
    const presented = await Promise.all(redemptions.map(async (ends) => sampleCode(await bench.putCode(), ends)));
    expect(codes(await api.redeemCodes(presented))).toEqual([
      'invalid_argument storage.invalid_record',
      'invalid_argument storage.invalid_record',
      'ok',
    ]);
  }
  await api.createSession(sampleSession({ expiresAt: new Date('9999-12-31T23:59:59.999Z') }));
});

test('a version that is expected is one that something can have', async () => {
  for (const version of [-1, 1.5, Number.NaN, 2 ** 53]) {
    await refuses(
      'storage.invalid_record',
      (s) => s.updateSession(sampleSession(), version),
      (s) => s.compareAndSetKeySet('set', version, payload),
      (s) => s.deleteRecord({ kind: 'client', id: 'a', expectedVersion: version, actor: '' }),
    );
  }
  const session = sampleSession();
  await refuses('storage.invalid_record', (s) => s.updateSession(session, 0));
  expect(await api.findSessions([session.id])).toEqual([{ ok: true, value: undefined }]);
});

test('N18: an attempt to rotate without an id of its own, and a reason that is no short word, fail alone', async () => {
  const [first, second] = [await bench.putGrant(), await bench.putGrant()];
  const attempts = unstorable.map((attemptId) => sampleToken(first, { attemptId }));
  expect(codes(await api.rotateRefreshTokens([...attempts, sampleToken(second)]))).toEqual([
    ...attempts.map(() => 'invalid_argument storage.invalid_id'),
    'ok',
  ]);
  const reasons = ['', 'x'.repeat(129), 'nul\0', 'lone \ud800'];
  const revocations = reasons.map((reason) => ({ grantId: first.id, reason }));
  expect(codes(await api.revokeGrants([...revocations, { grantId: second.id, reason: 'x' }]))).toEqual([
    ...reasons.map(() => 'invalid_argument storage.invalid_record'),
    'ok',
  ]);
  expect(await api.findGrants([first.id])).toMatchObject([{ ok: true, value: { generation: 0 } }]);
});

test('a delivery is one of something, to somebody, at a moment; a lease is a lifetime, and there are not too many', async () => {
  const delivery = sampleDelivery();
  for (const id of unstorable) {
    await refuses(
      'storage.invalid_id',
      (s) => s.putLogoutDeliveries([delivery, { ...delivery, id }]),
      (s) => s.putLogoutDeliveries([{ ...delivery, clientId: id }]),
      (s) => s.putLogoutDeliveries([{ ...delivery, subject: id }]),
      (s) => s.putLogoutDeliveries([{ ...delivery, sessionId: id }]),
    );
    const ending = { id: 's', reason: 'logout', revokesGrants: false };
    await refuses('storage.invalid_id', (s) => s.endSession({ ...ending, revokesGrantsOfClients: ['app', id] }));
  }
  await refuses('storage.invalid_id', (s) => s.putLogoutDeliveries([{ ...delivery, id: 'x'.repeat(257) }]));
  await api.putLogoutDeliveries([{ ...delivery, id: 'x'.repeat(256), expiresAt: new Date(0) }]);
  for (const moment of [new Date(-1), new Date(Number.NaN), new Date(253_402_300_800_000)]) {
    await refuses(
      'storage.invalid_record',
      (s) => s.putLogoutDeliveries([{ ...delivery, dueAt: moment }]),
      (s) => s.putLogoutDeliveries([{ ...delivery, expiresAt: moment }]),
      (s) => s.settleLogoutDeliveries([{ id: 'a', retryAt: moment }]),
    );
  }
  for (const attempts of [-1, 0.5, 2 ** 32]) {
    await refuses('storage.invalid_record', (s) => s.putLogoutDeliveries([{ ...delivery, attempts }]));
  }
  for (const number of [0, -1, 1.5, Number.NaN]) {
    await refuses('storage.invalid_limit', (s) => s.takeLogoutDeliveries(number, 1));
    await refuses('storage.invalid_ttl', (s) => s.takeLogoutDeliveries(1, number));
  }
  await refuses('storage.invalid_ttl', (s) => s.takeLogoutDeliveries(1, 3601));
  const many = Array.from({ length: 1001 }, (_, index) => ({ ...delivery, id: String(index) }));
  const ending = { id: 's', reason: 'logout', revokesGrants: false };
  await refuses(
    'storage.invalid_limit',
    (s) => s.takeLogoutDeliveries(1001, 1),
    (s) => s.putLogoutDeliveries(many),
    (s) => s.settleLogoutDeliveries(many.map(({ id }) => ({ id }))),
    (s) => s.endSession({ ...ending, revokesGrantsOfClients: many.map(({ id }) => id) }),
  );
});

test('positions are positions, and not too many', async () => {
  const many = Array.from({ length: 1001 }, (_, index) => String(index));
  await refuses(
    'storage.invalid_position',
    (s) => s.settleEvents({ published: many, parked: [] }),
    (s) => s.settleEvents({ published: [''], parked: [] }),
    (s) => s.settleEvents({ published: [], parked: [{ position: 'nul\0', reason: '' }] }),
    (s) => s.retryParkedEvents(many),
    (s) => s.retryParkedEvents(['']),
  );
  await refuses('storage.invalid_id', (s) => s.takeEvents({ workerId: 'x'.repeat(129), leaseSeconds: 1, limit: 1 }));
  await api.releaseLanes('nul\0');
});

test('a code of somebody whom no backend can look up is not redeemed, and stays', async () => {
  const identity = { ...sampleAuthorization().identity, userId: 'x'.repeat(400) };
  const code = sampleCode(await bench.putCode({ identity }));
  const mailbox = { ...sampleAuthorization().identity, email: `${'x'.repeat(600)}@example.org` };
  const local = sampleCode(await bench.putCode({ identity: mailbox, connectorId: 'local' }));
  expect(codes(await api.redeemCodes([code, local, sampleCode(await bench.putCode())]))).toEqual([
    'invalid_argument storage.invalid_record',
    'invalid_argument storage.invalid_record',
    'ok',
  ]);
});
