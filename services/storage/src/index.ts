export { createMemoryDurableStore, type MemoryDurableOptions } from './backends/memory/durable.ts';
export { createMemoryEphemeralStore, type MemoryEphemeralOptions } from './backends/memory/ephemeral.ts';
export type { SchemaState, SchemaStep, StoreSchema } from './migrations/schema-state.ts';
export { openStoreSchema } from './open-store-schema.ts';
export { type OpenDurableOptions, type OpenOptions, openDurableStore, openEphemeralStore } from './open-stores.ts';
export type {
  DurableStore,
  EphemeralStore,
  PortableGrant,
  RecordKind,
  StoredRecord,
  StoreObserver,
} from './ports.ts';
export { LANES } from './rules/lanes.ts';
export { allRecordKinds } from './rules/record-kinds.ts';
export { createStorageService, type StorageService, type StorageServiceOptions } from './server.ts';
export { createStorageApi, type StorageApiOptions, type StorageOperations } from './storage-api.ts';
