import {
  type GetAuthorizationRequestResponse,
  StorageKeySetsServiceService,
  StorageReadServiceService,
  StorageUsersServiceService,
  StorageWriteServiceService,
} from '@tessera/proto/tessera/storage/v1/storage';
import { bindRpc, type RpcBinding } from '@tessera/rpc';
import { optional, required, sendReadable } from '../outcome-wire.ts';
import {
  codeFromWire,
  codeOutcomeToWire,
  foundToWire,
  grantToRevokeFromWire,
  revokedToWire,
  rotationToWire,
  tokenFromWire,
} from './outcomes-wire.ts';
import { authorizationFromWire, clientToWire, userToWire } from './records-wire.ts';
import type {
  AuthorizationRequestState,
  StorageApi,
  StorageKeySetsApi,
  StorageReadApi,
  StorageUsersApi,
  StorageWriteApi,
} from './storage.ts';

function readBinding(api: StorageReadApi): RpcBinding {
  return bindRpc({
    definition: StorageReadServiceService,
    allowedCallers: ['authorize', 'token'],
    methodCallers: { getAuthorizationRequest: ['authorize'], findGrants: ['token'] },
    methods: {
      async listClients({ knownVersion }) {
        const { version, clients } = await api.listClients(knownVersion === '' ? undefined : knownVersion);
        return { version, clients: (clients ?? []).map(clientToWire) };
      },
      async getAuthorizationRequest({ id }) {
        return stateToWire(await api.getAuthorizationRequest(id));
      },
      async findGrants({ ids }) {
        return { outcomes: (await api.findGrants(ids)).map(foundToWire) };
      },
    },
  });
}

function stateToWire(state: AuthorizationRequestState): GetAuthorizationRequestResponse {
  return state.type === 'pending'
    ? { state: { $case: 'pending', value: { ...state.request, payload: Buffer.from(state.request.payload) } } }
    : { state: { $case: state.type, value: true } };
}

function usersBinding(api: StorageUsersApi): RpcBinding {
  return bindRpc({
    definition: StorageUsersServiceService,
    allowedCallers: ['federation'],
    methods: {
      async findUser({ email }) {
        const user = await api.findUser(email);
        return { user: user === undefined ? undefined : userToWire(user) };
      },
    },
  });
}

function writeBinding(api: StorageWriteApi): RpcBinding {
  return bindRpc({
    definition: StorageWriteServiceService,
    allowedCallers: ['authorize', 'token'],
    methodCallers: {
      putAuthorizationRequest: ['authorize'],
      updateAuthorizationRequest: ['authorize'],
      completeAuthorizationRequest: ['authorize'],
      redeemCodes: ['token'],
      rotateRefreshTokens: ['token'],
    },
    methods: {
      async putAuthorizationRequest({ request, ttlSeconds }) {
        await api.putAuthorizationRequest(required(request, 'request'), ttlSeconds);
        return {};
      },
      async updateAuthorizationRequest({ request }) {
        return { isUpdated: await api.updateAuthorizationRequest(required(request, 'request')) };
      },
      async completeAuthorizationRequest({ authorization, ...completion }) {
        const parsed = authorization === undefined ? undefined : authorizationFromWire(authorization);
        const request = { ...completion, ...optional('authorization', parsed) };
        return { isCompleted: await api.completeAuthorizationRequest(request) };
      },
      async redeemCodes({ codes }) {
        const outcomes = await sendReadable(codes, codeFromWire, (read) => api.redeemCodes(read));
        return { outcomes: outcomes.map(codeOutcomeToWire) };
      },
      async rotateRefreshTokens({ tokens }) {
        const outcomes = await sendReadable(tokens, tokenFromWire, (read) => api.rotateRefreshTokens(read));
        return { outcomes: outcomes.map(rotationToWire) };
      },
      async revokeGrants({ grants }) {
        return { outcomes: (await api.revokeGrants(grants.map(grantToRevokeFromWire))).map(revokedToWire) };
      },
    },
  });
}

function keySetsBinding(api: StorageKeySetsApi): RpcBinding {
  return bindRpc({
    definition: StorageKeySetsServiceService,
    allowedCallers: ['keys'],
    methods: {
      async getKeySet({ name }) {
        const { version, payload } = await api.getKeySet(name);
        return { version, payload: Buffer.from(payload) };
      },
      async compareAndSetKeySet({ name, expectedVersion, payload }) {
        return { isSet: await api.compareAndSetKeySet(name, expectedVersion, payload) };
      },
    },
  });
}

/** Offers a storage implementation to the other services, each method to those that need it (N93). */
export function storageBindings(api: StorageApi): readonly RpcBinding[] {
  return [readBinding(api), usersBinding(api), writeBinding(api), keySetsBinding(api)];
}
