import { addSeconds } from '@tessera/clock';
import { findActiveKey, type KeyLife } from './key-life.ts';
import type { RotatingKey, SetSituation } from './plan.ts';
import type { RotationPolicy } from './policy.ts';

/** A set after a key's time was ended, and the key to make in its place. */
export interface Succession<K> {
  readonly keys: readonly K[];
  /** Undefined: none is needed, or one that was published before takes its place. */
  readonly create?: { readonly createdAt: Date; readonly activeAt: Date };
}

/** The key of a set that is published and does not sign yet. */
export function findWaitingKey<K extends KeyLife>(keys: readonly K[], now: Date): K | undefined {
  return keys.findLast((key) => key.activeAt > now && key.retiredAt === undefined);
}

/** How long a key stays published after its last signature: for the longest lifetime of the tokens it may have signed. */
export function retentionOf({ retentionSeconds = 0 }: RotatingKey, policy: RotationPolicy): number {
  return Math.max(retentionSeconds, policy.retentionSeconds);
}

/** Lets a key sign no more from now on: it stays published for what it signed, and what replicas without news still sign. */
export function retireNow<K extends RotatingKey>(key: K, now: Date, policy: RotationPolicy): K {
  const goneAt = addSeconds(now, retentionOf(key, policy) + policy.prePublicationSeconds);
  return {
    ...key,
    activeAt: key.activeAt < now ? key.activeAt : now,
    retiredAt: now,
    goneAt: key.goneAt !== undefined && key.goneAt > goneAt ? key.goneAt : goneAt,
  };
}

/** Lets the key that waits sign at once, or asks for one. Of `keys` none signs any more. */
export function activateNow<K extends KeyLife>(keys: readonly K[], now: Date): Succession<K> {
  const waiting = findWaitingKey(keys, now);
  if (waiting === undefined) return { keys, create: { createdAt: now, activeAt: now } };
  return { keys: keys.map((key) => (key === waiting ? { ...key, activeAt: now } : key)) };
}

/**
 * Retires the keys that would sign now or later and that nobody here can sign with. Where one of them was to sign now, another
 * signs at once: relying parties that keep a JWKS without it may refuse its tokens, but without it there would be none.
 */
export function succeedUnkept<K extends RotatingKey>(
  keys: readonly K[],
  now: Date,
  policy: RotationPolicy,
  { isKept, isInUse }: SetSituation<K>,
): Succession<K> {
  const lost = new Set(keys.filter((key) => isUsable(key, now) && isKept?.(key) === false));
  if (lost.size === 0) return { keys };
  const isLost = (key: K | undefined): boolean => key !== undefined && lost.has(key);
  const active = findActiveKey(keys, now);
  const left = keys.map((key) => (lost.has(key) ? retireNow(key, now, policy) : key));
  if (isLost(active)) return isInUse ? activateNow(left, now) : { keys: left };
  // The others are in order of activation, and those that never sign come before them.
  const [never, others] = [left.filter((_, at) => isLost(keys[at])), left.filter((_, at) => !isLost(keys[at]))];
  return { keys: [...never, ...others.map((key) => withoutPlannedEnd(key, keys, lost, now))] };
}

/** A key whose successor is not to come after all goes on until another is planned. */
export function withoutPlannedEnd<K extends KeyLife>(
  key: K,
  before: readonly K[],
  withdrawn: ReadonlySet<K>,
  now: Date,
): K {
  const { retiredAt, goneAt: _planned, ...goingOn } = key;
  if (retiredAt === undefined || retiredAt <= now) return key;
  const successor = before.find((one) => one.activeAt.getTime() === retiredAt.getTime());
  return successor !== undefined && withdrawn.has(successor) ? (goingOn as K) : key;
}

function isUsable({ privateKey, retiredAt }: RotatingKey, now: Date): boolean {
  return privateKey !== undefined && (retiredAt === undefined || retiredAt > now);
}
