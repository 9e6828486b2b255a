import { type Outcome, succeeded } from '@tessera/rpc';
import type { Grant } from '../storage/records.ts';
import type { GrantToCreate, StorageApi } from '../storage/storage.ts';

/** A storage of which a test implements what it needs; everything else is empty and refuses. */
export function fakeStorageApi(methods: Partial<StorageApi> = {}): StorageApi {
  return { ...empty(), ...emptyShortLived(), ...emptySessions(), ...emptyAdministration(), ...methods };
}

function empty() {
  return {
    listClients: async () => ({ version: '1', clients: [] }),
    listConnectors: async () => ({ version: '1', connectors: [] }),
    getAuthorizationRequest: async () => ({ type: 'absent' }),
    findGrants: async (ids) => ids.map(() => succeeded(undefined)),
    findUser: async () => undefined,
    putAuthorizationRequest: async () => undefined,
    updateAuthorizationRequest: async () => false,
    completeAuthorizationRequest: async () => false,
    redeemCodes: async (codes) => codes.map(() => succeeded({ type: 'refused', refusal: 'unknown' })),
    createGrants: async (grants) => grants.map(created),
    rotateRefreshTokens: async (tokens) => tokens.map(() => succeeded({ type: 'refused', refusal: 'unknown' })),
    revokeGrants: async (grants) => grants.map(() => succeeded(false)),
    reopenRotations: async (rotations) => rotations.map(() => succeeded(false)),
    getKeySet: async () => ({ version: 0, payload: new Uint8Array() }),
    compareAndSetKeySet: async () => false,
    appendEvents: async (events) => events.map(() => succeeded(undefined)),
    takeEvents: async () => ({ events: [], lanes: [], backlog: { waiting: 0, parked: 0 } }),
    settleEvents: async () => undefined,
    releaseLanes: async () => undefined,
  } satisfies Partial<StorageApi>;
}

function created({ grantId: id, authorization }: GrantToCreate): Outcome<Grant> {
  const createdAt = authorization.authTime;
  return succeeded({ id, authorization, generation: 0, createdAt, lastUsedAt: createdAt });
}

function emptyShortLived() {
  return {
    putPushedRequest: async () => undefined,
    consumePushedRequest: async () => undefined,
    putDeviceRequest: async () => false,
    findDeviceRequest: async () => undefined,
    decideDeviceRequest: async () => false,
    pollDeviceRequest: async () => 'unknown',
    putUpstreamState: async () => undefined,
    consumeUpstreamState: async () => undefined,
    consumeOnce: async (values) => values.map(() => succeeded(false)),
    countAttempts: async (attempts) =>
      attempts.map(() => succeeded({ count: 1, isAllowed: false, retryAfterSeconds: 1 })),
    forgetAttempts: async () => undefined,
  } satisfies Partial<StorageApi>;
}

function emptySessions() {
  return {
    createSession: async () => undefined,
    findSessions: async (ids) => ids.map(() => succeeded(undefined)),
    updateSession: async () => false,
    endSession: async () => false,
    putLogoutDeliveries: async () => undefined,
    takeLogoutDeliveries: async () => [],
    settleLogoutDeliveries: async () => undefined,
    listSessions: async () => ({ items: [] }),
    findConsent: async () => undefined,
    putConsent: async () => undefined,
    withdrawConsent: async () => false,
    listConsents: async () => ({ items: [] }),
  } satisfies Partial<StorageApi>;
}

function emptyAdministration() {
  return {
    getRecord: async () => undefined,
    listRecords: async () => ({ items: [] }),
    putRecord: async () => undefined,
    deleteRecord: async () => false,
    consumeInitialAccessToken: async () => undefined,
    listGrants: async () => ({ items: [] }),
    revokeGrantsBy: async () => ({ revoked: 0, isComplete: true }),
    listParkedEvents: async () => ({ items: [] }),
    retryParkedEvents: async () => 0,
  } satisfies Partial<StorageApi>;
}
