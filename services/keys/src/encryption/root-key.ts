import { createHmac, hkdfSync } from 'node:crypto';
import { createSecretRing, type SecretRing } from '@tessera/credentials';

/** Length of a key-encryption key, in bytes. */
export const ROOT_KEY_BYTES = 32;

/** Length of a fingerprint in stored bytes. */
export const FINGERPRINT_BYTES = 8;

/** What a key-encryption key seals; each use has a key of its own, so that neither opens the other's. */
export type SealingUse = 'data keys' | 'key set documents';

/**
 * A key-encryption key: 32 bytes, and what is derived from them (HKDF-SHA-256, RFC 5869 §3.2), a key for each use. The bytes
 * themselves are not kept.
 */
export interface RootKey {
  /** Names it in public: 16 hexadecimal digits of an HMAC under a key that is derived for this alone. */
  readonly fingerprint: string;
  readonly rings: Readonly<Record<SealingUse, SecretRing>>;
  /** HMAC-SHA256 of something under a key that tells keys apart, and nothing else about them. */
  tell(context: Uint8Array): Buffer;
  /** HMAC-SHA256 under a key that proves where something stored beside the documents comes from. */
  prove(content: Uint8Array): Buffer;
}

/** The key-encryption key of 32 bytes, which are copied. Throws a `RangeError` on another length. */
export function createRootKey(bytes: Uint8Array): RootKey {
  if (bytes.length !== ROOT_KEY_BYTES) throw new RangeError(`A key-encryption key has ${ROOT_KEY_BYTES} bytes`);
  const derive = (use: string): Uint8Array => new Uint8Array(hkdfSync('sha256', bytes, '', use, ROOT_KEY_BYTES));
  const ring = (use: SealingUse): SecretRing => createSecretRing(new Map([[1, derive(`tessera ${use}`)]]), 1);
  const [telling, proving] = [derive('tessera key fingerprint'), derive('tessera root document')];
  const name = createHmac('sha256', derive('tessera key name')).update('public').digest();
  return {
    fingerprint: name.toString('hex', 0, FINGERPRINT_BYTES),
    rings: { 'data keys': ring('data keys'), 'key set documents': ring('key set documents') },
    tell: (context) => createHmac('sha256', telling).update(context).digest(),
    prove: (content) => createHmac('sha256', proving).update(content).digest(),
  };
}
