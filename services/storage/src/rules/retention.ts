import { addSeconds } from '@tessera/clock';

/** How long a grant is kept after it ended, so that a replayed code or token is still recognised: one day. */
export const GRANT_RETENTION_SECONDS = 86_400;

/** What the end of a grant is reckoned from. */
interface Lifetimes {
  readonly grant: { readonly expiresAt?: Date };
  readonly endsAt?: Date;
}

/**
 * From when a new grant may be swept: its expiry, or twice its idle lifetime from now, whichever is sooner. Revoking a
 * grant sets it to that moment. Undefined = never.
 *
 * @param idleSeconds 0 = no idle lifetime
 */
export function endOfNewGrant(expiresAt: Date | undefined, idleSeconds: number, now: Date): Date | undefined {
  return idleSeconds === 0 ? expiresAt : sooner(expiresAt, addSeconds(now, 2 * idleSeconds));
}

/**
 * The same after a use. It is moved only when the grant could live past it, so that the index on it is touched once in an
 * idle lifetime and not with every rotation.
 */
export function endAfterUse({ grant, endsAt }: Lifetimes, idleSeconds: number, now: Date): Date | undefined {
  if (idleSeconds === 0) return grant.expiresAt;
  const needed = sooner(grant.expiresAt, addSeconds(now, idleSeconds));
  const isEnough = endsAt !== undefined && needed !== undefined && endsAt >= needed;
  return isEnough ? endsAt : endOfNewGrant(grant.expiresAt, idleSeconds, now);
}

function sooner(left: Date | undefined, right: Date): Date {
  return left !== undefined && left < right ? left : right;
}
