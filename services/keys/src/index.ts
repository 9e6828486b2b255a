export { keyEncryptionFingerprint } from './encryption/key-encryption-key.ts';
export type { KeySetStorage, KeysService, KeysServiceOptions } from './ports.ts';
export { createKeysService } from './server.ts';
