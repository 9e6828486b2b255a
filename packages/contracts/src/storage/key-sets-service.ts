import { StorageKeySetsServiceService } from '@tessera/proto/tessera/storage/v1/storage';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { eventFromWire, eventToWire } from './events-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import type { StorageKeySetsApi } from './storage.ts';

/** Key sets of a storage in another process. */
export function keySetsClient(channel: RpcChannel, deadlineMs: number): StorageKeySetsApi {
  const client = createRpcClient({
    definition: StorageKeySetsServiceService,
    channel,
    idempotent: idempotentMethods.StorageKeySetsService,
    deadlineMs,
  });
  return {
    getKeySet: (name, knownVersion) => client.getKeySet({ name, knownVersion: knownVersion ?? 0 }),
    async compareAndSetKeySet(name, expectedVersion, payload, events = []) {
      const request = { name, expectedVersion, payload: Buffer.from(payload), events: events.map(eventToWire) };
      return (await client.compareAndSetKeySet(request)).isSet;
    },
  };
}

/** Offers key sets to the service that can read them. */
export function keySetsBinding(api: StorageKeySetsApi): RpcBinding {
  return bindRpc({
    definition: StorageKeySetsServiceService,
    allowedCallers: ['keys'],
    methods: {
      async getKeySet({ name, knownVersion }) {
        const { version, payload } = await api.getKeySet(name, knownVersion);
        return { version, payload: Buffer.from(payload) };
      },
      async compareAndSetKeySet({ name, expectedVersion, payload, events }) {
        return { isSet: await api.compareAndSetKeySet(name, expectedVersion, payload, events.map(eventFromWire)) };
      },
    },
  });
}
