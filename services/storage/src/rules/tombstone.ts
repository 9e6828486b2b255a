const GRACE_SECONDS = 600;

/**
 * How long the tombstone of a finished sign-in lives at least: as long as its code and ten minutes, so that an attempt
 * repeated late still learns that it succeeded. When the request had longer to live, the tombstone has too.
 */
export function tombstoneTtlSeconds(codeTtlSeconds: number): number {
  return codeTtlSeconds + GRACE_SECONDS;
}
