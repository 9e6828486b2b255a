import type { StorageShortLivedApi } from '@tessera/contracts';
import type { Entry, EntryStore } from '../ports.ts';
import { assertId, assertPayload, assertTtl, isStorableId } from '../rules/accepted-input.ts';

/** Pushed authorization requests (RFC 9126 §2). */
export type PushedRequestOperations = Pick<StorageShortLivedApi, 'putPushedRequest' | 'consumePushedRequest'>;

/** Pushed authorization requests on an ephemeral store, one atomic command each. */
export function createPushedRequests(ephemeral: EntryStore): PushedRequestOperations {
  const entryOf = (id: string, clientId: string): Entry => ({ kind: 'pushed_request', id, owner: clientId });
  return {
    async putPushedRequest({ id, clientId, payload }, ttlSeconds) {
      assertId(id, 'the id of a pushed request');
      assertId(clientId, 'a client id');
      assertPayload(payload);
      assertTtl(ttlSeconds);
      await ephemeral.putEntry(entryOf(id, clientId), payload, ttlSeconds);
    },
    async consumePushedRequest(id, clientId) {
      return isStorableId(id) && isStorableId(clientId) ? ephemeral.takeEntry(entryOf(id, clientId)) : undefined;
    },
  };
}
