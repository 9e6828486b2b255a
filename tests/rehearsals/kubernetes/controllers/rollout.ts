import { podsOf } from '../manifests/quantities.ts';
import type { DeploymentSpec } from '../manifests/workloads.ts';

/** A pod of a Deployment that is not terminating. */
export interface RolloutPod {
  /** Of the newest template. */
  readonly isNew: boolean;
  /** Ready for as long as the Deployment asks (`minReadySeconds`). */
  readonly isAvailable: boolean;
}

/** What a Deployment does next. */
export interface RolloutStep<P> {
  /** How many pods of the newest template to make. */
  readonly create: number;
  readonly remove: readonly P[];
}

/**
 * The next step of a Deployment, as its controller takes it: new pods within `maxSurge`, and fewer of the old as long as enough
 * are available by `maxUnavailable`.
 *
 * @param pods the oldest first.
 * @param terminating pods that are going; only `Recreate` waits for them.
 */
export function rolloutStep<P extends RolloutPod>(
  { replicas, strategy }: Pick<DeploymentSpec, 'replicas' | 'strategy'>,
  pods: readonly P[],
  terminating: number,
): RolloutStep<P> {
  const [current, old] = [pods.filter(({ isNew }) => isNew), pods.filter(({ isNew }) => !isNew)];
  const surplus = current.toSorted((left, right) => Number(left.isAvailable) - Number(right.isAvailable));
  const extra = surplus.slice(0, Math.max(0, current.length - replicas));
  if (strategy.type === 'Recreate') {
    const isEmpty = old.length === 0 && terminating === 0;
    return { create: isEmpty ? Math.max(0, replicas - current.length) : 0, remove: [...old, ...extra] };
  }
  const surge = podsOf(strategy.maxSurge, replicas, Math.ceil);
  const unavailable = podsOf(strategy.maxUnavailable, replicas, Math.floor);
  // Neither more nor fewer: then it would stand still for ever.
  const leastAvailable = replicas - (surge === 0 && unavailable === 0 ? 1 : unavailable);
  const create = Math.max(0, Math.min(replicas - current.length, replicas + surge - pods.length));
  const waiting = current.filter(({ isAvailable }) => !isAvailable).length;
  const removable = Math.max(0, pods.length - leastAvailable - waiting);
  const broken = old.filter(({ isAvailable }) => !isAvailable).slice(0, removable);
  const spare = pods.filter(({ isAvailable }) => isAvailable).length - leastAvailable;
  const working = old.filter(({ isAvailable }) => isAvailable);
  const retired = working.slice(0, Math.max(0, Math.min(removable - broken.length, spare)));
  return { create, remove: [...broken, ...retired, ...extra] };
}
