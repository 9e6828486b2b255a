import { randomBytes } from 'node:crypto';
import { createSecretRing, type SecretRing, seal, unseal } from '@tessera/credentials';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

/** Key material at rest: encrypted by a data key of its own, which is wrapped by the key-encryption key. Both base64url. */
export interface SealedKey {
  readonly wrappedDataKey: string;
  readonly ciphertext: string;
}

/** What a sealed key is bound to: it opens under no other purpose or name. */
export interface KeyBinding {
  /** E.g. `signing`. */
  readonly purpose: string;
  /** Its `kid` or version. */
  readonly name: string;
}

/** Encrypts key material (AES-256-GCM twice: under a new data key, and the data key under the wrapping key). */
export function sealKey(wrapping: SecretRing, material: Uint8Array, { purpose, name }: KeyBinding): SealedKey {
  const dataKey = randomBytes(32);
  const aad = Buffer.from(name, 'utf8');
  return {
    wrappedDataKey: seal(wrapping, `data key: ${purpose}`, dataKey, aad).toString('base64url'),
    ciphertext: seal(dataKeyRing(dataKey), purpose, material, aad).toString('base64url'),
  };
}

/** Opens what {@link sealKey} made. Throws `keys.wrong_key_encryption_key` when anything differs. */
export function openKey(wrapping: SecretRing, sealed: SealedKey, { purpose, name }: KeyBinding): Buffer {
  const aad = Buffer.from(name, 'utf8');
  const dataKey = unseal(wrapping, `data key: ${purpose}`, Buffer.from(sealed.wrappedDataKey, 'base64url'), aad);
  const material =
    dataKey?.length === 32
      ? unseal(dataKeyRing(dataKey), purpose, Buffer.from(sealed.ciphertext, 'base64url'), aad)
      : undefined;
  if (material === undefined) throw wrongKeyEncryptionKey(`the stored key ${name} for ${purpose} could not be opened`);
  return material;
}

function dataKeyRing(dataKey: Uint8Array): SecretRing {
  return createSecretRing(new Map([[1, dataKey]]), 1);
}
