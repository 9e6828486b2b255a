import { createHash } from 'node:crypto';
import type { Storage } from '@tessera/contracts';

/** A verified assertion that counts once (RFC 7523 §3 item 7). */
export interface AssertionToUseUp {
  /** What it is presented as; an assertion that is good for the one is not used up by the other. */
  readonly use: 'client_assertion' | 'jwt_bearer';
  /** Whose `jti` it is; of any length. */
  readonly issuer: string;
  readonly jti: string;
  /** The moment from which it is refused anyway. */
  readonly expiresAt: Date;
  readonly now: Date;
}

/**
 * Uses an assertion up (N28): of any number of callers one gets true. Rejects with the TesseraError of storage, after which it
 * may be used up.
 */
export function useUpAssertion(
  storage: Pick<Storage, 'consumeOnce'>,
  { use, issuer, jti, expiresAt, now }: AssertionToUseUp,
): Promise<boolean> {
  // A scope has 512 bytes at most, and an issuer may have as many.
  const owner = createHash('sha256').update(issuer).digest('base64url');
  const ttlSeconds = Math.max(1, Math.ceil((expiresAt.getTime() - now.getTime()) / 1000));
  return storage.consumeOnce({ scope: `${use}:${owner}`, value: jti, ttlSeconds });
}
