import { createHash, timingSafeEqual } from 'node:crypto';
import { vaultRefused } from './vault-errors.ts';

/**
 * Transit can bind associated data, but not to every type of key, not before Vault 1.13, and `rewrap` not at all. So the context
 * stands inside: what is sealed is a byte for the format, the SHA-256 of the context, and the plaintext. The seal of the server
 * is what authenticates it.
 */
const FORMAT = 1;
const HEAD_BYTES = 1 + 32;

/** A plaintext with what it is for. */
export function bindPlaintext(plaintext: Buffer, context: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), digest(context), plaintext]);
}

/** The plaintext. Throws `keys.vault_refused` when it is for something else. */
export function unbindPlaintext(bound: Buffer, context: Buffer): Buffer {
  const isOurs = bound.length >= HEAD_BYTES && bound[0] === FORMAT;
  if (!isOurs || !timingSafeEqual(bound.subarray(1, HEAD_BYTES), digest(context))) {
    throw vaultRefused('what Vault opened was sealed for another purpose');
  }
  return bound.subarray(HEAD_BYTES);
}

function digest(context: Buffer): Buffer {
  return createHash('sha256').update(context).digest();
}
