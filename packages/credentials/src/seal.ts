import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { decodeCanonicalBase64url } from './canonical-base64url.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import type { SecretRing } from './secret-ring.ts';

const CIPHER = 'aes-256-gcm';
const VERSION_BYTES = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = VERSION_BYTES + NONCE_BYTES + TAG_BYTES;
const NO_BYTES = new Uint8Array();

/**
 * Encrypts and authenticates with AES-256-GCM under a random 96-bit nonce (NIST SP 800-38D §8.2.2): version, nonce,
 * ciphertext, tag. `purpose` and `aad` are not kept inside but must be the same when it is opened. One key may seal up to
 * 2^32 values.
 */
export function seal(ring: SecretRing, purpose: string, plaintext: Uint8Array, aad: Uint8Array = NO_BYTES): Buffer {
  const { version, key } = ring.current;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundData(version, purpose, aad));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, ciphertext, cipher.getAuthTag()]);
}

/**
 * Opens what {@link seal} made. Undefined when anything differs: a changed byte, another purpose or `aad`, a version the
 * ring does not have. Never throws.
 */
export function unseal(
  ring: SecretRing,
  purpose: string,
  sealed: Uint8Array,
  aad: Uint8Array = NO_BYTES,
): Buffer | undefined {
  const secret = sealed.length < OVERHEAD_BYTES ? undefined : ring.find(sealed[0] ?? 0);
  if (secret === undefined) {
    return undefined;
  }
  const nonce = sealed.subarray(VERSION_BYTES, VERSION_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, secret.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundData(secret.version, purpose, aad));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(VERSION_BYTES + NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** {@link seal} for text, as cookies and form fields need it: base64url without padding. */
export function sealText(ring: SecretRing, purpose: string, text: string, aad = ''): string {
  return seal(ring, purpose, Buffer.from(text, 'utf8'), Buffer.from(aad, 'utf8')).toString('base64url');
}

/** Opens what {@link sealText} made; undefined for anything else, other spellings of the same bytes included. Never throws. */
export function unsealText(ring: SecretRing, purpose: string, sealed: string, aad = ''): string | undefined {
  const bytes = decodeCanonicalBase64url(sealed);
  return bytes === undefined ? undefined : unseal(ring, purpose, bytes, Buffer.from(aad, 'utf8'))?.toString('utf8');
}

function boundData(version: number, purpose: string, aad: Uint8Array): Buffer {
  return lengthPrefixed([Buffer.of(version), purpose, aad]);
}
