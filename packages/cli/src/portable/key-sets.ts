import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { StorageKeySetsApi } from '@tessera/contracts';
import {
  createMemoryDurableStore,
  createMemoryEphemeralStore,
  createStorageApi,
  type DurableStore,
  type StoredRecord,
} from '@tessera/storage';

/** Runs `work` on the key sets of a durable store. What is short-lived is not touched, so that no server of it is needed. */
export async function withKeySets<T>(
  durable: DurableStore,
  config: TesseraConfig,
  work: (keySets: StorageKeySetsApi) => Promise<T>,
): Promise<T> {
  const ephemeral = createMemoryEphemeralStore({ clock: systemClock });
  const hasOutbox = config.events !== undefined;
  const operations = createStorageApi({ ephemeral, durable, clock: systemClock, config, hasOutbox });
  try {
    return await work(operations.api);
  } finally {
    operations.close();
  }
}

/** The payload of one key set; empty when it is not there. */
export function readKeySet(durable: DurableStore, config: TesseraConfig, name: string): Promise<Uint8Array> {
  return withKeySets(durable, config, async (keySets) => (await keySets.getKeySet(name)).payload);
}

/** The same of key sets as they stand in an export. */
export async function readExportedKeySet(
  records: readonly StoredRecord[],
  config: TesseraConfig,
  name: string,
): Promise<Uint8Array> {
  const store = createMemoryDurableStore({ clock: systemClock, hasOutbox: config.events !== undefined });
  try {
    await store.importRecords('key_set', records);
    return await readKeySet(store, config, name);
  } finally {
    await store.close();
  }
}
