import type { Grant } from '@tessera/contracts';

/** How long a grant is kept after it expired, so that a replayed code or token is still recognised: one day. */
export const GRANT_RETENTION_SECONDS = 86_400;

/** When a grant is over for good: its expiry; for one that never expires, its revocation. Undefined = not yet. */
export function endOf(grant: Grant): Date | undefined {
  return grant.expiresAt ?? grant.revokedAt;
}
