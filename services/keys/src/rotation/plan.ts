import { addSeconds } from '@tessera/clock';
import { isPublished, type KeyLife } from './key-life.ts';
import { LIFETIME_TOLERANCE_SECONDS, type RotationPolicy } from './policy.ts';
import { retentionOf, succeedUnkept } from './succession.ts';

/** A key as rotation sees it. */
export interface RotatingKey extends KeyLife {
  /** Encrypted; given up soon after retirement, when only the public half is still of use. */
  readonly privateKey?: unknown;
  /**
   * The longest `retentionSeconds` under which it may have signed; undefined = that of the policy, as for keys of version 0.1.0.
   * Lifetimes that are made shorter later concern the keys of later.
   */
  readonly retentionSeconds?: number;
}

/** What is known of keys besides their own lives. */
export interface KeyKnowledge<K> {
  /** Whether somebody is there who can sign with it. Default: everybody is. */
  readonly isKept?: (key: K) => boolean;
  /** When the last token expires that it is known to have signed. Default: as its life says. */
  readonly latestExpiry?: (key: K) => Date | undefined;
}

/** How a set stands among the others. */
export interface SetSituation<K = never> extends KeyKnowledge<K> {
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
 *
 * No key goes before the last token it may have signed has expired: neither by the lifetimes that were configured while it
 * signed, nor by what the journal knows of, whatever was planned. A key that nobody here can
 * sign with any more is replaced by one that signs at once, and stays published.
 */
export function planRotation<K extends RotatingKey>(
  stored: readonly K[],
  now: Date,
  policy: RotationPolicy,
  situation: SetSituation<K>,
): RotationPlan<K> {
  const lasting = stored.map((key) => withKnownTokens(key, situation.latestExpiry?.(key)));
  const staying = lasting.filter((key) => isPublished(key, now)).map((key) => withCurrentLife(key, now, policy));
  const { keys: kept, create } = succeedUnkept(staying, now, policy, situation);
  if (create !== undefined) return { keys: kept, create, isChanged: true };
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

/** Until the next key signs of any set, as planned; negative where that is late, infinite without keys. In seconds. */
export function secondsUntilActivation(
  sets: readonly (readonly KeyLife[])[],
  now: Date,
  policy: RotationPolicy,
): number {
  const moments = sets.flatMap((keys) => {
    const latest = keys.at(-1);
    if (latest === undefined || (latest.retiredAt !== undefined && latest.retiredAt <= now)) return [];
    const next = latest.activeAt > now ? latest.activeAt : addSeconds(latest.activeAt, policy.rotationSeconds);
    return [(next.getTime() - now.getTime()) / 1000];
  });
  return Math.min(...moments, Number.POSITIVE_INFINITY);
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
  { isInUse, hasOtherSigner }: Pick<SetSituation, 'isInUse' | 'hasOtherSigner'>,
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
      : { ...key, retiredAt, goneAt: addSeconds(retiredAt, retentionOf(key, policy)) },
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

/** Lifetimes that were shortened since, or a clock that was ahead: what was signed is verified to its end. */
function withKnownTokens<K extends RotatingKey>(key: K, latestExpiry: Date | undefined): K {
  if (key.goneAt === undefined || latestExpiry === undefined) return key;
  const earliest = addSeconds(latestExpiry, LIFETIME_TOLERANCE_SECONDS);
  return earliest > key.goneAt ? { ...key, goneAt: earliest } : key;
}

/** Token lifetimes made longer in the configuration hold for every key that still signs. */
function withLongerLifetime<K extends RotatingKey>(key: K, now: Date, policy: RotationPolicy): K {
  const { retiredAt, goneAt } = key;
  if (retiredAt !== undefined && retiredAt <= now) return key;
  const retentionSeconds = retentionOf(key, policy);
  const isNoted = key.retentionSeconds === undefined || key.retentionSeconds === retentionSeconds;
  const noted = isNoted ? key : { ...key, retentionSeconds };
  if (retiredAt === undefined || goneAt === undefined) return noted;
  const ends = addSeconds(retiredAt, retentionSeconds);
  return ends > goneAt ? { ...noted, goneAt: ends } : noted;
}

function privateHalfEnds(key: RotatingKey): Date | undefined {
  if (key.retiredAt === undefined || key.privateKey === undefined) return undefined;
  return addSeconds(key.retiredAt, LIFETIME_TOLERANCE_SECONDS);
}
