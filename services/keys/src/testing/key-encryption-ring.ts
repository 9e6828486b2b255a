import { createSecretRing, type SecretRing } from '@tessera/credentials';

/** A ring with one key, for tests. */
export function createKeyEncryptionRing(seed = 1): SecretRing {
  return createSecretRing(new Map([[1, Buffer.alloc(32, seed)]]), 1);
}
