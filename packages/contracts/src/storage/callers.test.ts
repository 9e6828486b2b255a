import { expect, test } from 'vitest';
import { fakeStorageApi } from '../testing/fake-storage-api.ts';
import { startLoopback } from '../testing/loopback.ts';
import { sampleOf } from '../testing/sample.ts';
import * as arbitrary from '../testing/storage-arbitraries.ts';
import { storageBindings } from './bindings.ts';
import { storageClient } from './client.ts';
import type { StorageApi } from './storage.ts';

const DEADLINE_MS = 5_000;
const payload = Buffer.alloc(0);
const selector = { clientId: 'c' };
const completion = { id: 'r', version: 1, codeTtlSeconds: 1, attemptId: 'a' };

/** A call of every method. */
const calls: { readonly [M in keyof StorageApi]: (api: StorageApi) => Promise<unknown> } = {
  listClients: (api) => api.listClients(),
  listConnectors: (api) => api.listConnectors(),
  getAuthorizationRequest: (api) => api.getAuthorizationRequest('r'),
  findGrants: (api) => api.findGrants([]),
  findUser: (api) => api.findUser('a@b'),
  putAuthorizationRequest: (api) => api.putAuthorizationRequest({ id: 'r', version: 1, payload }, 1),
  updateAuthorizationRequest: (api) => api.updateAuthorizationRequest({ id: 'r', version: 1, payload }),
  completeAuthorizationRequest: (api) => api.completeAuthorizationRequest(completion),
  redeemCodes: (api) => api.redeemCodes([]),
  createGrants: (api) => api.createGrants([]),
  rotateRefreshTokens: (api) => api.rotateRefreshTokens([]),
  revokeGrants: (api) => api.revokeGrants([]),
  reopenRotations: (api) => api.reopenRotations([]),
  getKeySet: (api) => api.getKeySet('x'),
  compareAndSetKeySet: (api) => api.compareAndSetKeySet('x', 0, payload),
  putPushedRequest: (api) => api.putPushedRequest({ id: 'p', clientId: 'c', payload }, 1),
  consumePushedRequest: (api) => api.consumePushedRequest('p', 'c'),
  putDeviceRequest: (api) => api.putDeviceRequest(sampleOf(arbitrary.newDevice)),
  findDeviceRequest: (api) => api.findDeviceRequest('u'),
  decideDeviceRequest: (api) => api.decideDeviceRequest({ userCode: 'u', attemptId: 'a' }),
  pollDeviceRequest: (api) => api.pollDeviceRequest({ userCode: 'u', deviceId: 'd', clientId: 'c' }),
  putUpstreamState: (api) => api.putUpstreamState('s', payload, 1),
  consumeUpstreamState: (api) => api.consumeUpstreamState('s'),
  consumeOnce: (api) => api.consumeOnce([]),
  countAttempts: (api) => api.countAttempts([]),
  forgetAttempts: (api) => api.forgetAttempts([]),
  createSession: (api) => api.createSession(sampleOf(arbitrary.session)),
  findSessions: (api) => api.findSessions([]),
  updateSession: (api) => api.updateSession(sampleOf(arbitrary.session), 1),
  endSession: (api) => api.endSession({ id: 's', reason: 'logout', revokesGrants: false }),
  putLogoutDeliveries: (api) => api.putLogoutDeliveries([]),
  takeLogoutDeliveries: (api) => api.takeLogoutDeliveries(1, 1),
  settleLogoutDeliveries: (api) => api.settleLogoutDeliveries([]),
  listSessions: (api) => api.listSessions({}),
  findConsent: (api) => api.findConsent('s', 'c'),
  putConsent: (api) => api.putConsent(sampleOf(arbitrary.consent)),
  withdrawConsent: (api) => api.withdrawConsent('s', 'c'),
  listConsents: (api) => api.listConsents({ subject: 's' }),
  getRecord: (api) => api.getRecord('client', 'c'),
  listRecords: (api) => api.listRecords('client', {}),
  putRecord: (api) => api.putRecord(sampleOf(arbitrary.recordToPut('client'))),
  deleteRecord: (api) => api.deleteRecord({ kind: 'client', id: 'c', actor: 'a' }),
  consumeInitialAccessToken: (api) => api.consumeInitialAccessToken('t'),
  listGrants: (api) => api.listGrants({ selector }),
  revokeGrantsBy: (api) => api.revokeGrantsBy({ selector, reason: 'administrator' }),
  listParkedEvents: (api) => api.listParkedEvents({}),
  retryParkedEvents: (api) => api.retryParkedEvents(),
  appendEvents: (api) => api.appendEvents([]),
  takeEvents: (api) => api.takeEvents({ workerId: 'w', leaseSeconds: 1, limit: 1 }),
  settleEvents: (api) => api.settleEvents({ published: [], parked: [] }),
  releaseLanes: (api) => api.releaseLanes('w'),
};

const callers = ['authorize', 'token', 'federation', 'keys', 'storage', 'events', 'admin', 'gateway', ''];

test('N93: each method is open to the services that need it, and to no other', async () => {
  await using loopback = await startLoopback(storageBindings(fakeStorageApi()));
  const open: Record<string, string[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]));
  for (const caller of callers) {
    const api = storageClient(loopback.as(caller), DEADLINE_MS);
    for (const [name, call] of Object.entries(calls)) {
      const isOpen = await call(api).then(
        () => true,
        (error: { kind: string }) => {
          expect(error.kind).toBe('permission_denied');
          return false;
        },
      );
      if (isOpen) open[name]?.push(caller);
    }
  }
  const face = ['authorize', 'token'];
  const signIns = ['authorize', 'token', 'federation'];
  const own = ['authorize'];
  const persons = ['authorize', 'admin'];
  expect(open).toEqual({
    listClients: face,
    listConnectors: ['authorize', 'federation'],
    getAuthorizationRequest: own,
    findGrants: ['token'],
    findUser: ['federation'],
    putAuthorizationRequest: own,
    updateAuthorizationRequest: own,
    completeAuthorizationRequest: own,
    redeemCodes: ['token'],
    createGrants: ['token'],
    rotateRefreshTokens: ['token'],
    revokeGrants: face,
    reopenRotations: ['token'],
    getKeySet: ['keys'],
    compareAndSetKeySet: ['keys'],
    putPushedRequest: face,
    consumePushedRequest: face,
    putDeviceRequest: face,
    findDeviceRequest: face,
    decideDeviceRequest: face,
    pollDeviceRequest: face,
    putUpstreamState: ['authorize', 'federation'],
    consumeUpstreamState: ['authorize', 'federation'],
    consumeOnce: signIns,
    countAttempts: signIns,
    forgetAttempts: signIns,
    createSession: own,
    findSessions: face,
    updateSession: own,
    endSession: persons,
    putLogoutDeliveries: persons,
    takeLogoutDeliveries: own,
    settleLogoutDeliveries: own,
    listSessions: persons,
    findConsent: persons,
    putConsent: own,
    withdrawConsent: persons,
    listConsents: persons,
    getRecord: ['admin'],
    listRecords: ['admin'],
    putRecord: ['admin'],
    deleteRecord: ['admin'],
    consumeInitialAccessToken: ['admin'],
    listGrants: ['admin'],
    revokeGrantsBy: ['admin'],
    listParkedEvents: ['admin'],
    retryParkedEvents: ['admin'],
    appendEvents: ['authorize', 'token', 'federation', 'keys', 'admin'],
    takeEvents: ['events'],
    settleEvents: ['events'],
    releaseLanes: ['events'],
  });
});
