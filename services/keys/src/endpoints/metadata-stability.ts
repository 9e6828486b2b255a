import type { SigningAlgorithm } from '@tessera/oauth';
import type { KeyLife } from '../rotation/key-life.ts';
import type { ConfiguredAlgorithms, KeySets } from '../rotation/key-sets.ts';
import { listSigningAlgorithms } from '../rotation/select-key.ts';

/**
 * How long the list of algorithms stays as it is, as far as that is planned: until the first key of a configured algorithm signs
 * that none signs with yet, and `skewSeconds` less, as another replica's clock may be ahead. Infinite where nothing is planned.
 */
export function secondsUntilNextAlgorithm(
  sets: KeySets<KeyLife & { readonly alg: SigningAlgorithm }>,
  configured: ConfiguredAlgorithms,
  now: Date,
  skewSeconds: number,
): number {
  const signing = listSigningAlgorithms(sets, configured, now);
  const waiting = configured.filter((alg) => !signing.includes(alg)).flatMap((alg) => sets.get(alg) ?? []);
  const moments = waiting.map(({ activeAt }) => activeAt.getTime()).filter((moment) => moment > now.getTime());
  return (Math.min(...moments, Number.POSITIVE_INFINITY) - now.getTime()) / 1000 - skewSeconds;
}
