import {
  type AuthorizationRequest as AuthorizationRequestMessage,
  StorageWriteServiceService,
} from '@tessera/proto/tessera/storage/v1/storage';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { optional, required, sendReadable, wholeSeconds } from '../outcome-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import {
  codeFromWire,
  codeOutcomeFromWire,
  codeOutcomeToWire,
  codeToWire,
  createdGrantFromWire,
  createdGrantToWire,
  grantToCreateFromWire,
  grantToCreateToWire,
  grantToRevokeFromWire,
  grantToRevokeToWire,
  reopenedFromWire,
  reopenedToWire,
  revokedFromWire,
  revokedToWire,
  rotationFromWire,
  rotationToWire,
  tokenFromWire,
  tokenToWire,
} from './outcomes-wire.ts';
import type { AuthorizationRequestRecord } from './records.ts';
import { authorizationFromWire, authorizationToWire } from './records-wire.ts';
import type { StorageWriteApi } from './storage.ts';

/** Changes of what is being authorized, in a storage of another process. */
export function writeClient(channel: RpcChannel, deadlineMs: number): StorageWriteApi {
  const client = createRpcClient({
    definition: StorageWriteServiceService,
    channel,
    idempotent: idempotentMethods.StorageWriteService,
    deadlineMs,
  });
  return {
    async putAuthorizationRequest(request, ttlSeconds) {
      await client.putAuthorizationRequest({ request: requestToWire(request), ttlSeconds: wholeSeconds(ttlSeconds) });
    },
    async updateAuthorizationRequest(request) {
      return (await client.updateAuthorizationRequest({ request: requestToWire(request) })).isUpdated;
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
    async createGrants(grants) {
      return (await client.createGrants({ grants: grants.map(grantToCreateToWire) })).outcomes.map(
        createdGrantFromWire,
      );
    },
    async rotateRefreshTokens(tokens) {
      return (await client.rotateRefreshTokens({ tokens: tokens.map(tokenToWire) })).outcomes.map(rotationFromWire);
    },
    async revokeGrants(grants) {
      const messages = grants.map(grantToRevokeToWire);
      return (await client.revokeGrants({ grants: messages })).outcomes.map(revokedFromWire);
    },
    async reopenRotations(rotations) {
      return (await client.reopenRotations({ rotations: [...rotations] })).outcomes.map(reopenedFromWire);
    },
  };
}

/** Offers the changes to the services that face the public, each to those that need it. */
export function writeBinding(api: StorageWriteApi): RpcBinding {
  return bindRpc({
    definition: StorageWriteServiceService,
    allowedCallers: ['authorize', 'token'],
    methodCallers: {
      putAuthorizationRequest: ['authorize'],
      updateAuthorizationRequest: ['authorize'],
      completeAuthorizationRequest: ['authorize'],
      redeemCodes: ['token'],
      createGrants: ['token'],
      rotateRefreshTokens: ['token'],
      revokeGrants: ['authorize', 'token'],
      reopenRotations: ['token'],
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
      async createGrants({ grants }) {
        const outcomes = await sendReadable(grants, grantToCreateFromWire, (read) => api.createGrants(read));
        return { outcomes: outcomes.map(createdGrantToWire) };
      },
      async rotateRefreshTokens({ tokens }) {
        const outcomes = await sendReadable(tokens, tokenFromWire, (read) => api.rotateRefreshTokens(read));
        return { outcomes: outcomes.map(rotationToWire) };
      },
      async revokeGrants({ grants }) {
        return { outcomes: (await api.revokeGrants(grants.map(grantToRevokeFromWire))).map(revokedToWire) };
      },
      async reopenRotations({ rotations }) {
        return { outcomes: (await api.reopenRotations(rotations)).map(reopenedToWire) };
      },
    },
  });
}

function requestToWire(request: AuthorizationRequestRecord): AuthorizationRequestMessage {
  return { ...request, payload: Buffer.from(request.payload) };
}
