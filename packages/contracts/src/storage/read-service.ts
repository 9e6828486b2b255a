import {
  type GetAuthorizationRequestResponse,
  type ListClientsRequest,
  type ListConnectorsRequest,
  StorageReadServiceService,
} from '@tessera/proto/tessera/storage/v1/storage';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { optionalText } from '../outcome-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import { foundFromWire, foundToWire } from './outcomes-wire.ts';
import { clientFromWire, clientToWire, connectorFromWire, connectorToWire } from './records-wire.ts';
import type { AuthorizationRequestState, StorageReadApi, WatchedListRequest } from './storage.ts';

/** Reads of a storage in another process. */
export function readClient(channel: RpcChannel, deadlineMs: number): StorageReadApi {
  const client = createRpcClient({
    definition: StorageReadServiceService,
    channel,
    idempotent: idempotentMethods.StorageReadService,
    deadlineMs,
  });
  return {
    async listClients(request) {
      const { version, clients, nextCursor } = await client.listClients(watchedToWire(request));
      const content = isUnchanged(request, version) ? {} : { clients: clients.map(clientFromWire) };
      return { version, ...content, ...optionalText('nextCursor', nextCursor) };
    },
    async listConnectors(request) {
      const { version, connectors, nextCursor } = await client.listConnectors(watchedToWire(request));
      const content = isUnchanged(request, version) ? {} : { connectors: connectors.map(connectorFromWire) };
      return { version, ...content, ...optionalText('nextCursor', nextCursor) };
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

/** Offers reads to the services that face the public, and what is stored of connectors to who speaks to them. */
export function readBinding(api: StorageReadApi): RpcBinding {
  return bindRpc({
    definition: StorageReadServiceService,
    allowedCallers: ['authorize', 'token', 'federation'],
    methodCallers: {
      listClients: ['authorize', 'token'],
      listConnectors: ['authorize', 'federation'],
      getAuthorizationRequest: ['authorize'],
      findGrants: ['token'],
    },
    methods: {
      async listClients(request) {
        const { version, clients, nextCursor } = await api.listClients(watchedFromWire(request));
        return { version, clients: (clients ?? []).map(clientToWire), nextCursor: nextCursor ?? '' };
      },
      async listConnectors(request) {
        const { version, connectors, nextCursor } = await api.listConnectors(watchedFromWire(request));
        return { version, connectors: (connectors ?? []).map(connectorToWire), nextCursor: nextCursor ?? '' };
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

function watchedToWire({ knownVersion, cursor }: WatchedListRequest = {}): ListClientsRequest & ListConnectorsRequest {
  return { knownVersion: knownVersion ?? '', cursor: cursor ?? '' };
}

function watchedFromWire({ knownVersion, cursor }: ListClientsRequest | ListConnectorsRequest): WatchedListRequest {
  return { ...optionalText('knownVersion', knownVersion), ...optionalText('cursor', cursor) };
}

/** An empty list and one that did not change look the same on the wire; the version tells them apart. */
function isUnchanged({ knownVersion, cursor }: WatchedListRequest = {}, version: string): boolean {
  return cursor === undefined && version === knownVersion;
}

function stateToWire(state: AuthorizationRequestState): GetAuthorizationRequestResponse {
  return state.type === 'pending'
    ? { state: { $case: 'pending', value: { ...state.request, payload: Buffer.from(state.request.payload) } } }
    : { state: { $case: state.type, value: true } };
}
