import type { SigningAlgorithm } from '@tessera/oauth';
import { findActiveKey, isPublished, type KeyLife } from './key-life.ts';

/** The keys of every algorithm, each in order of activation. */
export type KeySets<K> = ReadonlyMap<SigningAlgorithm, readonly K[]>;

/**
 * The key that signs when no algorithm is asked for: the configured algorithm's, or another's while the configured one's
 * first key is still pre-published. The very first key of all signs at once, also where the clock is behind its maker's.
 */
export function findDefaultKey<K extends KeyLife>(
  sets: KeySets<K>,
  configured: SigningAlgorithm,
  now: Date,
): K | undefined {
  const own = sets.get(configured) ?? [];
  const active = findActiveKey(own, now);
  if (active !== undefined) return active;
  for (const keys of sets.values()) {
    const other = findActiveKey(keys, now);
    if (other !== undefined) return other;
  }
  return own.find((key) => key.retiredAt === undefined || key.retiredAt > now);
}

/** All keys of the JWKS, the one that signs first. */
export function listPublishedKeys<K extends KeyLife>(
  sets: KeySets<K>,
  configured: SigningAlgorithm,
  now: Date,
): readonly K[] {
  const signing = findDefaultKey(sets, configured, now);
  const others = [...sets.values()].flat().filter((key) => key !== signing && isPublished(key, now));
  return signing === undefined ? others : [signing, ...others];
}
