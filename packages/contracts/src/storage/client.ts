import {
  StorageKeySetsServiceService,
  StorageReadServiceService,
  StorageUsersServiceService,
  StorageWriteServiceService,
} from '@tessera/proto/tessera/storage/v1/storage';
import { createBatcher, createRpcClient, type RpcChannel } from '@tessera/rpc';
import { optional, wholeSeconds } from '../outcome-wire.ts';
import {
  codeOutcomeFromWire,
  codeToWire,
  foundFromWire,
  grantToRevokeToWire,
  revokedFromWire,
  rotationFromWire,
  tokenToWire,
} from './outcomes-wire.ts';
import { authorizationToWire, clientFromWire, userFromWire } from './records-wire.ts';
import type {
  Storage,
  StorageApi,
  StorageKeySetsApi,
  StorageReadApi,
  StorageUsersApi,
  StorageWriteApi,
} from './storage.ts';

function readClient(channel: RpcChannel, deadlineMs: number): StorageReadApi {
  const client = createRpcClient({
    definition: StorageReadServiceService,
    channel,
    idempotent: ['listClients', 'getAuthorizationRequest', 'findGrants'],
    deadlineMs,
  });
  return {
    async listClients(knownVersion) {
      const { version, clients } = await client.listClients({ knownVersion: knownVersion ?? '' });
      return { version, ...optional('clients', version === knownVersion ? undefined : clients.map(clientFromWire)) };
    },
    async getAuthorizationRequest(id) {
      const { state } = await client.getAuthorizationRequest({ id });
      if (state?.$case === 'pending') return { type: 'pending', request: state.value };
      return { type: state?.$case === 'completed' ? 'completed' : 'absent' };
    },
    async findGrants(ids) {
      return (await client.findGrants({ ids: [...ids] })).outcomes.map(foundFromWire);
    },
  };
}

function usersClient(channel: RpcChannel, deadlineMs: number): StorageUsersApi {
  const client = createRpcClient({
    definition: StorageUsersServiceService,
    channel,
    idempotent: ['findUser'],
    deadlineMs,
  });
  return {
    async findUser(email) {
      const { user } = await client.findUser({ email });
      return user === undefined ? undefined : userFromWire(user);
    },
  };
}

function writeClient(channel: RpcChannel, deadlineMs: number): StorageWriteApi {
  const client = createRpcClient({
    definition: StorageWriteServiceService,
    channel,
    idempotent: [
      'putAuthorizationRequest',
      'completeAuthorizationRequest',
      'redeemCodes',
      'rotateRefreshTokens',
      'revokeGrants',
    ],
    deadlineMs,
  });
  return {
    async putAuthorizationRequest(request, ttlSeconds) {
      await client.putAuthorizationRequest({
        request: { ...request, payload: Buffer.from(request.payload) },
        ttlSeconds: wholeSeconds(ttlSeconds),
      });
    },
    async updateAuthorizationRequest(request) {
      const message = { ...request, payload: Buffer.from(request.payload) };
      return (await client.updateAuthorizationRequest({ request: message })).isUpdated;
    },
    async completeAuthorizationRequest({ authorization, ...completion }) {
      const message = authorization === undefined ? undefined : authorizationToWire(authorization);
      const codeTtlSeconds = wholeSeconds(completion.codeTtlSeconds);
      const request = { ...completion, codeTtlSeconds, authorization: message };
      return (await client.completeAuthorizationRequest(request)).isCompleted;
    },
    async redeemCodes(codes) {
      return (await client.redeemCodes({ codes: codes.map(codeToWire) })).outcomes.map(codeOutcomeFromWire);
    },
    async rotateRefreshTokens(tokens) {
      return (await client.rotateRefreshTokens({ tokens: tokens.map(tokenToWire) })).outcomes.map(rotationFromWire);
    },
    async revokeGrants(grants) {
      const messages = grants.map(grantToRevokeToWire);
      return (await client.revokeGrants({ grants: messages })).outcomes.map(revokedFromWire);
    },
  };
}

function keySetsClient(channel: RpcChannel, deadlineMs: number): StorageKeySetsApi {
  const client = createRpcClient({
    definition: StorageKeySetsServiceService,
    channel,
    idempotent: ['getKeySet'],
    deadlineMs,
  });
  return {
    getKeySet: (name) => client.getKeySet({ name }),
    async compareAndSetKeySet(name, expectedVersion, payload) {
      const request = { name, expectedVersion, payload: Buffer.from(payload) };
      return (await client.compareAndSetKeySet(request)).isSet;
    },
  };
}

/** The storage service of another process. What a caller may use of it, the far side decides. */
export function storageClient(channel: RpcChannel, deadlineMs: number): StorageApi {
  return {
    ...readClient(channel, deadlineMs),
    ...usersClient(channel, deadlineMs),
    ...writeClient(channel, deadlineMs),
    ...keySetsClient(channel, deadlineMs),
  };
}

/** Single calls over a storage API near or far, joined into batches. */
export function createStorage(api: StorageApi): Storage {
  return {
    ...api,
    findGrant: createBatcher({ name: 'storage.findGrant', send: (ids) => api.findGrants(ids) }),
    redeemCode: createBatcher({ name: 'storage.redeemCode', send: (codes) => api.redeemCodes(codes) }),
    rotateRefreshToken: createBatcher({
      name: 'storage.rotateRefreshToken',
      send: (tokens) => api.rotateRefreshTokens(tokens),
    }),
    revokeGrant: createBatcher({ name: 'storage.revokeGrant', send: (grants) => api.revokeGrants(grants) }),
  };
}
