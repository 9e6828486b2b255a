import type { StorageShortLivedApi } from '@tessera/contracts';
import type { Entry, EntryStore } from '../ports.ts';
import { assertId, assertPayload, assertTtl, isStorableId } from '../rules/accepted-input.ts';

/** What connectors remember of sign-ins at their upstreams. */
export type UpstreamStateOperations = Pick<StorageShortLivedApi, 'putUpstreamState' | 'consumeUpstreamState'>;

/** What connectors remember, on an ephemeral store, one atomic command each. */
export function createUpstreamStates(ephemeral: EntryStore): UpstreamStateOperations {
  const entryOf = (id: string): Entry => ({ kind: 'upstream_state', id, owner: '' });
  return {
    async putUpstreamState(id, payload, ttlSeconds) {
      assertId(id, 'the id of an upstream state');
      assertPayload(payload);
      assertTtl(ttlSeconds);
      await ephemeral.putEntry(entryOf(id), payload, ttlSeconds);
    },
    consumeUpstreamState: async (id) => (isStorableId(id) ? ephemeral.takeEntry(entryOf(id)) : undefined),
  };
}
