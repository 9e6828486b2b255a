import { randomBytes } from 'node:crypto';
import { createSecretRing, type SecretRing, seal, unseal } from '@tessera/credentials';
import type { SealingRing, Unsealed } from './sealing-ring.ts';
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
export function sealKey(wrapping: SealingRing, material: Uint8Array, binding: KeyBinding): SealedKey {
  const dataKey = randomBytes(32);
  return {
    wrappedDataKey: wrapDataKey(wrapping, dataKey, binding),
    ciphertext: seal(dataKeyRing(dataKey), binding.purpose, material, aadOf(binding)).toString('base64url'),
  };
}

/** Opens what {@link sealKey} made. Throws `keys.wrong_key_encryption_key` when anything differs. */
export function openKey(wrapping: SealingRing, sealed: SealedKey, binding: KeyBinding): Buffer {
  const { bytes: dataKey } = unwrapDataKey(wrapping, sealed, binding);
  const material =
    dataKey.length === 32
      ? unseal(dataKeyRing(dataKey), binding.purpose, Buffer.from(sealed.ciphertext, 'base64url'), aadOf(binding))
      : undefined;
  dataKey.fill(0);
  if (material !== undefined) return material;
  throw wrongKeyEncryptionKey(`the stored key ${binding.name} for ${binding.purpose} could not be opened`);
}

/**
 * The same key with its data key wrapped by the current key-encryption key; the material is not opened. What is under the
 * current one already is given back as it is. Throws as {@link openKey}.
 */
export function rewrapKey(wrapping: SealingRing, sealed: SealedKey, binding: KeyBinding): SealedKey {
  const { bytes: dataKey, fingerprint } = unwrapDataKey(wrapping, sealed, binding);
  const wrappedDataKey =
    fingerprint === wrapping.current() ? sealed.wrappedDataKey : wrapDataKey(wrapping, dataKey, binding);
  dataKey.fill(0);
  return { ...sealed, wrappedDataKey };
}

/** The fingerprint of the key-encryption key that a data key is wrapped by. Throws as {@link openKey}. */
export function findWrappingKey(wrapping: SealingRing, sealed: SealedKey, binding: KeyBinding): string {
  const { bytes, fingerprint } = unwrapDataKey(wrapping, sealed, binding);
  bytes.fill(0);
  return fingerprint;
}

function wrapDataKey(wrapping: SealingRing, dataKey: Uint8Array, binding: KeyBinding): string {
  return wrapping.seal(`data key: ${binding.purpose}`, dataKey, aadOf(binding)).toString('base64url');
}

function unwrapDataKey(wrapping: SealingRing, { wrappedDataKey }: SealedKey, binding: KeyBinding): Unsealed {
  const wrapped = Buffer.from(wrappedDataKey, 'base64url');
  const opened = wrapping.unseal(`data key: ${binding.purpose}`, wrapped, aadOf(binding));
  if (opened !== undefined) return opened;
  throw wrapping.refusal(`the stored key ${binding.name} for ${binding.purpose}`, wrapped);
}

function aadOf({ name }: KeyBinding): Buffer {
  return Buffer.from(name, 'utf8');
}

function dataKeyRing(dataKey: Uint8Array): SecretRing {
  return createSecretRing(new Map([[1, dataKey]]), 1);
}
