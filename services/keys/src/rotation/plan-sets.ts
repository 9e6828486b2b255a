import type { SigningAlgorithm } from '@tessera/oauth';
import { findActiveKey } from './key-life.ts';
import type { ConfiguredAlgorithms, KeySets } from './key-sets.ts';
import { type KeyKnowledge, planRotation, type RotatingKey, type RotationPlan } from './plan.ts';
import type { RotationPolicy } from './policy.ts';

/**
 * Decides what is due in every set at `now`; has no side effects. Sets that are not configured any more are in the plan as
 * well, until their last key is gone. In a new installation the first keys of all algorithms sign at once; the first key of an
 * algorithm that is added later is pre-published.
 */
export function planSets<K extends RotatingKey>(
  stored: KeySets<K>,
  configured: ConfiguredAlgorithms,
  now: Date,
  policy: RotationPolicy,
  knowledge: KeyKnowledge<K> = {},
): ReadonlyMap<SigningAlgorithm, RotationPlan<K>> {
  const plans = new Map<SigningAlgorithm, RotationPlan<K>>();
  const keysOf = (alg: SigningAlgorithm): readonly K[] => plans.get(alg)?.keys ?? stored.get(alg) ?? [];
  const algorithms = new Set([...configured, ...stored.keys()]);
  for (const alg of algorithms) {
    const hasOtherSigner = [...algorithms].some(
      (other) => other !== alg && findActiveKey(keysOf(other), now) !== undefined,
    );
    const situation = { ...knowledge, isInUse: configured.includes(alg), hasOtherSigner };
    plans.set(alg, planRotation(stored.get(alg) ?? [], now, policy, situation));
  }
  return plans;
}
