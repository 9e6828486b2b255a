export type { StorageAdmin } from './admin.ts';
export { createMemoryDurableStore, type MemoryDurableOptions } from './backends/memory/durable.ts';
export { createMemoryEphemeralStore, type MemoryEphemeralOptions } from './backends/memory/ephemeral.ts';
export type { DurableStore, EphemeralStore, StoreObserver } from './ports.ts';
export { createStorageService, type StorageService, type StorageServiceOptions } from './server.ts';
export { createStorageApi, type StorageApiOptions, type StorageOperations } from './storage-api.ts';
