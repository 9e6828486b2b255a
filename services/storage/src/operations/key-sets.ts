import type { StorageKeySetsApi } from '@tessera/contracts';
import type { KeySetStore } from '../ports.ts';

/** Encrypted key sets on a durable store. Of two callers with one version, the store lets one win. */
export function createKeySets(store: KeySetStore): StorageKeySetsApi {
  return {
    getKeySet: (name) => store.getKeySet(name),
    compareAndSetKeySet: (name, expectedVersion, payload) => store.compareAndSetKeySet(name, expectedVersion, payload),
  };
}
