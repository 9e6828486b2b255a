import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecretHash } from '@tessera/oauth';

const SALT_BYTES = 16;
/** What an unknown client is compared with, so that it takes the same time as a known one. Matches nothing. */
const DECOY: SecretHash = { salt: new Uint8Array(SALT_BYTES), hash: new Uint8Array(32) };

/**
 * The form in which a client secret is kept: SHA-256 over salt and secret. Only for generated secrets of high entropy. The
 * result does not expire. `salt` defaults to 16 random bytes.
 */
export function hashClientSecret(secret: string, salt: Uint8Array = randomBytes(SALT_BYTES)): SecretHash {
  return { salt, hash: digest(secret, salt) };
}

/**
 * Whether `presented` is one of a client's secrets and that one has not expired at `now`. Every hash is computed and
 * compared in constant time, and with no hashes at all one is computed in vain, so the time does not tell whether the client
 * exists.
 */
export function verifyClientSecret(presented: string, hashes: readonly SecretHash[], now: Date): boolean {
  let isKnown = false;
  for (const candidate of hashes.length === 0 ? [DECOY] : hashes) {
    const computed = digest(presented, candidate.salt);
    const isEqual = candidate.hash.length === computed.length && timingSafeEqual(computed, candidate.hash);
    const isCurrent = candidate.expiresAt === undefined || candidate.expiresAt > now;
    isKnown = (isEqual && isCurrent && candidate !== DECOY) || isKnown;
  }
  return isKnown;
}

function digest(secret: string, salt: Uint8Array): Buffer {
  return createHash('sha256').update(salt).update(secret, 'utf8').digest();
}
