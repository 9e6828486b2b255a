import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tessera/oauth';
import { findActiveKey, isPublished, type KeyLife } from './key-life.ts';
import type { ConfiguredAlgorithms, KeySets } from './key-sets.ts';

/**
 * The key that signs when no algorithm is asked for: the default algorithm's, or another's while the default one's first
 * key is still pre-published. The very first key of all signs at once, also where the clock is behind its maker's.
 */
export function findDefaultKey<K extends KeyLife>(
  sets: KeySets<K>,
  configured: ConfiguredAlgorithms,
  now: Date,
): K | undefined {
  for (const alg of new Set([...configured, ...SIGNING_ALGORITHMS])) {
    const key = findSigner(sets.get(alg) ?? [], now);
    if (key !== undefined) return key;
  }
  return sets.get(configured[0])?.find((key) => key.retiredAt === undefined || key.retiredAt > now);
}

/** What is known of the key for an algorithm. */
export type SigningKeyChoice<K> =
  | { readonly outcome: 'found'; readonly key: K }
  /** There is no key that signs already. */
  | { readonly outcome: 'not_yet' }
  /** The issuer does not sign with it. */
  | { readonly outcome: 'unknown' };

/** The key that signs with the algorithm asked for, which must be configured, or by default. Never a key of another set. */
export function chooseSigningKey<K extends KeyLife & { readonly alg: SigningAlgorithm }>(
  sets: KeySets<K>,
  configured: ConfiguredAlgorithms,
  algorithm: string | undefined,
  now: Date,
): SigningKeyChoice<K> {
  const usual = findDefaultKey(sets, configured, now);
  if (algorithm === undefined || algorithm === usual?.alg) return found(usual);
  if (!isSigningAlgorithm(algorithm) || !configured.includes(algorithm)) return { outcome: 'unknown' };
  return found(findSigner(sets.get(algorithm) ?? [], now));
}

/** The algorithms that can be asked for now, the usual one first. */
export function listSigningAlgorithms<K extends KeyLife & { readonly alg: SigningAlgorithm }>(
  sets: KeySets<K>,
  configured: ConfiguredAlgorithms,
  now: Date,
): readonly SigningAlgorithm[] {
  const usual = findDefaultKey(sets, configured, now)?.alg;
  const active = configured.filter((alg) => findSigner(sets.get(alg) ?? [], now) !== undefined);
  return usual === undefined ? [] : [...new Set([usual, ...active])];
}

/** All keys of the JWKS, the one that signs by default first. */
export function listPublishedKeys<K extends KeyLife>(
  sets: KeySets<K>,
  configured: ConfiguredAlgorithms,
  now: Date,
): readonly K[] {
  const signing = findDefaultKey(sets, configured, now);
  const others = [...sets.values()].flat().filter((key) => key !== signing && isPublished(key, now));
  return signing === undefined ? others : [signing, ...others];
}

/** The active key of a set, or its first one where that was active when it was made and the clock is behind its maker's. */
function findSigner<K extends KeyLife>(keys: readonly K[], now: Date): K | undefined {
  const active = findActiveKey(keys, now);
  if (active !== undefined) return active;
  const first = keys[0];
  return first !== undefined && first.activeAt > now && first.createdAt >= first.activeAt ? first : undefined;
}

function found<K>(key: K | undefined): SigningKeyChoice<K> {
  return key === undefined ? { outcome: 'not_yet' } : { outcome: 'found', key };
}
