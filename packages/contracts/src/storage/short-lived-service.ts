import { StorageShortLivedServiceService } from '@tessera/proto/tessera/storage/v1/short_lived';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { wholeSeconds } from '../outcome-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import type { StorageShortLivedApi } from './short-lived.ts';
import {
  attemptToWire,
  consumedFromWire,
  consumedToWire,
  countedFromWire,
  countedToWire,
  decisionFromWire,
  decisionToWire,
  deviceFromWire,
  deviceToWire,
  newDeviceToWire,
  pollStateFromWire,
  pollStateToWire,
  takenPayloadFromWire,
  takenPayloadToWire,
  valueToWire,
} from './short-lived-wire.ts';

/** Short-lived state of a storage in another process. */
export function shortLivedClient(channel: RpcChannel, deadlineMs: number): StorageShortLivedApi {
  const client = createRpcClient({
    definition: StorageShortLivedServiceService,
    channel,
    idempotent: idempotentMethods.StorageShortLivedService,
    deadlineMs,
  });
  return {
    async putPushedRequest({ id, clientId, payload }, ttlSeconds) {
      const message = { id, clientId, payload: Buffer.from(payload), ttlSeconds: wholeSeconds(ttlSeconds) };
      await client.putPushedRequest(message);
    },
    async consumePushedRequest(id, clientId) {
      return takenPayloadFromWire(await client.consumePushedRequest({ id, clientId }));
    },
    async putDeviceRequest(request) {
      return (await client.putDeviceRequest(newDeviceToWire(request))).isPut;
    },
    async findDeviceRequest(userCode) {
      const { request } = await client.findDeviceRequest({ userCode });
      return request === undefined ? undefined : deviceFromWire(request);
    },
    async decideDeviceRequest(decision) {
      return (await client.decideDeviceRequest(decisionToWire(decision))).isDecided;
    },
    async pollDeviceRequest(poll) {
      return pollStateFromWire((await client.pollDeviceRequest(poll)).state);
    },
    async putUpstreamState(id, payload, ttlSeconds) {
      await client.putUpstreamState({ id, payload: Buffer.from(payload), ttlSeconds: wholeSeconds(ttlSeconds) });
    },
    async consumeUpstreamState(id) {
      return takenPayloadFromWire(await client.consumeUpstreamState({ id }));
    },
    async consumeOnce(values) {
      return (await client.consumeOnce({ values: values.map(valueToWire) })).outcomes.map(consumedFromWire);
    },
    async countAttempts(attempts) {
      return (await client.countAttempts({ attempts: attempts.map(attemptToWire) })).outcomes.map(countedFromWire);
    },
    async forgetAttempts(keys) {
      await client.forgetAttempts({ keys: [...keys] });
    },
  };
}

/** Offers short-lived state, each part to the services that make it or use it up. */
export function shortLivedBinding(api: StorageShortLivedApi): RpcBinding {
  return bindRpc({
    definition: StorageShortLivedServiceService,
    allowedCallers: ['authorize', 'token', 'federation'],
    methodCallers: {
      putPushedRequest: ['authorize', 'token'],
      consumePushedRequest: ['authorize', 'token'],
      putDeviceRequest: ['authorize', 'token'],
      findDeviceRequest: ['authorize', 'token'],
      decideDeviceRequest: ['authorize', 'token'],
      pollDeviceRequest: ['authorize', 'token'],
      putUpstreamState: ['authorize', 'federation'],
      consumeUpstreamState: ['authorize', 'federation'],
      consumeOnce: ['authorize', 'token', 'federation'],
      countAttempts: ['authorize', 'token', 'federation'],
      forgetAttempts: ['authorize', 'token', 'federation'],
    },
    methods: {
      async putPushedRequest({ ttlSeconds, ...request }) {
        await api.putPushedRequest(request, ttlSeconds);
        return {};
      },
      async consumePushedRequest({ id, clientId }) {
        return takenPayloadToWire(await api.consumePushedRequest(id, clientId));
      },
      async putDeviceRequest(request) {
        return { isPut: await api.putDeviceRequest(request) };
      },
      async findDeviceRequest({ userCode }) {
        const request = await api.findDeviceRequest(userCode);
        return { request: request === undefined ? undefined : deviceToWire(request) };
      },
      async decideDeviceRequest(request) {
        return { isDecided: await api.decideDeviceRequest(decisionFromWire(request)) };
      },
      async pollDeviceRequest(request) {
        return { state: pollStateToWire(await api.pollDeviceRequest(request)) };
      },
      async putUpstreamState({ id, payload, ttlSeconds }) {
        await api.putUpstreamState(id, payload, ttlSeconds);
        return {};
      },
      async consumeUpstreamState({ id }) {
        return takenPayloadToWire(await api.consumeUpstreamState(id));
      },
      async consumeOnce({ values }) {
        return { outcomes: (await api.consumeOnce(values)).map(consumedToWire) };
      },
      async countAttempts({ attempts }) {
        return { outcomes: (await api.countAttempts(attempts)).map(countedToWire) };
      },
      async forgetAttempts({ keys }) {
        await api.forgetAttempts(keys);
        return {};
      },
    },
  });
}
