export { hasKeyEncryptionKey, type KeyAccess, keyEncryptionFingerprint } from './encryption/fingerprint.ts';
export type { SourceState } from './encryption/key-encryption-key.ts';
export { ROOT_DOCUMENT } from './encryption/root-document.ts';
export {
  type DocumentSealing,
  describeSealing,
  type Resealed,
  resealNow,
  type SealingDescription,
  type SealingOptions,
} from './encryption/sealing-operations.ts';
export type { KeyFigures, SignatureFigures } from './journal/journal-document.ts';
export type { OrderedChange } from './operations/carry-out.ts';
export { createKeyOperations, type KeyOperations, type KeyOperationsOptions } from './operations/key-operations.ts';
export type { KeyListing, ListedKey, ListedRevokedKey, ListedSecret } from './operations/list-keys.ts';
export type {
  KeyOrder,
  OrderPreview,
  RevokedKeyEffect,
  RevokedSecretEffect,
  SuccessionEffect,
} from './operations/order.ts';
export type { KeySetStorage, KeysService, KeysServiceOptions } from './ports.ts';
export { createKeysService } from './server.ts';
