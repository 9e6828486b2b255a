import { MAX_REVOKED, type RevokedKey } from './signing-document.ts';

/**
 * Which keys this replica ever learned to be revoked, the latest {@link MAX_REVOKED}: it goes on knowing that where storage
 * is put back to a state from before.
 */
export interface RevokedMemory {
  learn(revoked: readonly RevokedKey[]): void;
  has(kid: string): boolean;
  /** What is known and what a document says, by time of revocation. */
  mergedWith(revoked: readonly RevokedKey[]): readonly RevokedKey[];
}

/** A memory of nothing. */
export function createRevokedMemory(): RevokedMemory {
  let known: ReadonlyMap<string, RevokedKey> = new Map();
  const merge = (revoked: readonly RevokedKey[]): readonly RevokedKey[] => {
    const all = new Map([...known, ...revoked.map((key) => [key.kid, key] as const)]);
    return [...all.values()].sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime()).slice(-MAX_REVOKED);
  };
  return {
    learn(revoked) {
      if (revoked.some(({ kid }) => !known.has(kid))) known = new Map(merge(revoked).map((key) => [key.kid, key]));
    },
    has: (kid) => known.has(kid),
    mergedWith: merge,
  };
}
