import { addSeconds } from '@tessera/clock';
import { isPublished, type KeyLife } from './key-life.ts';
import { LIFETIME_TOLERANCE_SECONDS, type RotationPolicy } from './policy.ts';

/** A key as rotation sees it. */
export interface RotatingKey extends KeyLife {
  /** Encrypted; given up soon after retirement, when only the public half is still of use. */
  readonly privateKey?: unknown;
}

/** How a set stands among the others. */
export interface SetSituation {
  /** Whether new keys are made in this set: its algorithm is configured. */
  readonly isInUse: boolean;
  /** Whether another set has a key that signs now, so that this one's first key can be published before it signs. */
  readonly hasOtherSigner: boolean;
}

/** What is to become of a set. */
export interface RotationPlan<K> {
  /** The keys that stay, with their lives as they are to be stored, in order of activation. */
  readonly keys: readonly K[];
  /** A key to make and add. */
  readonly create?: { readonly createdAt: Date; readonly activeAt: Date };
  readonly isChanged: boolean;
}

/**
 * Decides what is due at `now`; has no side effects. A successor is made one pre-publication before the active key's time is
 * up, and signs one rotation after it, or one pre-publication from now if that is later. Retired keys lose their private
 * half after the tolerance of clocks, and go when their last token has expired; a set in use keeps its latest always. A set
 * that is out of use retires its last key when its successor would have signed, and says so as early: replicas that are not
 * told yet that it is out of use may sign by what they knew before.
 */
export function planRotation<K extends RotatingKey>(
  stored: readonly K[],
  now: Date,
  policy: RotationPolicy,
  situation: SetSituation,
): RotationPlan<K> {
  const kept = stored.filter((key) => isPublished(key, now)).map((key) => withCurrentLife(key, now, policy));
  const successor = situation.isInUse ? planSuccessor(kept, now, policy, situation.hasOtherSigner) : undefined;
  const retiredAt = successor?.activeAt ?? planEnd(kept, now, policy, situation);
  const keys = retiredAt === undefined ? kept : retireLatest(kept, retiredAt, policy);
  const isChanged = successor !== undefined || keys.length < stored.length || keys.some((key) => !stored.includes(key));
  return {
    keys,
    isChanged,
    ...(successor !== undefined && { create: { createdAt: now, activeAt: successor.activeAt } }),
  };
}

/** When the next thing happens to a set in use, after `now`: something is due in it, or a key changes its stage. */
export function nextMoment(keys: readonly RotatingKey[], now: Date, policy: RotationPolicy): Date | undefined {
  const latest = keys.at(-1);
  const moments = keys.flatMap((key) => [key.activeAt, key.retiredAt, key.goneAt, privateHalfEnds(key)]);
  if (latest !== undefined) moments.push(successorDue(latest, policy));
  const future = moments.flatMap((moment) => (moment !== undefined && moment > now ? [moment.getTime()] : []));
  return future.length === 0 ? undefined : new Date(Math.min(...future));
}

function planSuccessor(
  keys: readonly RotatingKey[],
  now: Date,
  policy: RotationPolicy,
  hasOtherSigner: boolean,
): { readonly activeAt: Date } | undefined {
  const latest = keys.at(-1);
  const earliest = addSeconds(now, policy.prePublicationSeconds);
  if (latest?.retiredAt !== undefined && latest.retiredAt > now) {
    return { activeAt: laterOf(latest.retiredAt, earliest) };
  }
  if (latest === undefined || latest.retiredAt !== undefined) return { activeAt: hasOtherSigner ? earliest : now };
  if (now < successorDue(latest, policy) || keys.length >= policy.maxKeysPerSet) return undefined;
  return { activeAt: successorActiveAt(latest, now, policy) };
}

function successorDue(latest: KeyLife, policy: RotationPolicy): Date {
  return addSeconds(latest.activeAt, Math.max(0, policy.rotationSeconds - policy.prePublicationSeconds));
}

/** One rotation after the key's own activation, or one pre-publication from now if that is later. */
function successorActiveAt(latest: KeyLife, now: Date, policy: RotationPolicy): Date {
  return laterOf(addSeconds(latest.activeAt, policy.rotationSeconds), addSeconds(now, policy.prePublicationSeconds));
}

function laterOf(one: Date, other: Date): Date {
  return new Date(Math.max(one.getTime(), other.getTime()));
}

/** When the last key of a set that is out of use is to retire; undefined while that is not due, or nobody else signs. */
function planEnd(
  keys: readonly KeyLife[],
  now: Date,
  policy: RotationPolicy,
  { isInUse, hasOtherSigner }: SetSituation,
): Date | undefined {
  const latest = keys.at(-1);
  if (latest === undefined || latest.retiredAt !== undefined || isInUse || !hasOtherSigner) return undefined;
  return now < successorDue(latest, policy) ? undefined : successorActiveAt(latest, now, policy);
}

/** A latest key that was retired before, with its whole set, stays as it is. */
function retireLatest<K extends RotatingKey>(
  keys: readonly K[],
  retiredAt: Date,
  policy: RotationPolicy,
): readonly K[] {
  return keys.map((key, position) =>
    position < keys.length - 1 || key.retiredAt !== undefined
      ? key
      : { ...key, retiredAt, goneAt: addSeconds(retiredAt, policy.retentionSeconds) },
  );
}

function withCurrentLife<K extends RotatingKey>(key: K, now: Date, policy: RotationPolicy): K {
  const ends = privateHalfEnds(key);
  if (ends !== undefined && ends <= now) {
    const { privateKey: _given, ...publicHalf } = key;
    return publicHalf as K;
  }
  return withLongerLifetime(key, now, policy);
}

/** Token lifetimes made longer in the configuration hold for every key that still signs. */
function withLongerLifetime<K extends RotatingKey>(key: K, now: Date, policy: RotationPolicy): K {
  if (key.retiredAt === undefined || key.goneAt === undefined || key.retiredAt <= now) return key;
  const goneAt = addSeconds(key.retiredAt, policy.retentionSeconds);
  return goneAt > key.goneAt ? { ...key, goneAt } : key;
}

function privateHalfEnds(key: RotatingKey): Date | undefined {
  if (key.retiredAt === undefined || key.privateKey === undefined) return undefined;
  return addSeconds(key.retiredAt, LIFETIME_TOLERANCE_SECONDS);
}
