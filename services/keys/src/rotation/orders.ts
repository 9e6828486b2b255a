import { addSeconds } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import type { SigningAlgorithm } from '@tessera/oauth';
import { findActiveKey, type KeyLife } from './key-life.ts';
import type { ConfiguredAlgorithms, KeySets } from './key-sets.ts';
import { planRotation, type RotatingKey, type RotationPlan } from './plan.ts';
import type { RotationPolicy } from './policy.ts';
import { activateNow, findWaitingKey, retentionOf, retireNow, withoutPlannedEnd } from './succession.ts';

/** When a successor takes over: once every relying party can know it, or at once. */
export type Urgency = 'planned' | 'now';

/** Another key is to sign in some sets, or in all that are configured. */
export interface RotateOrder {
  readonly type: 'rotate';
  /** Default: all that are configured. */
  readonly algorithms?: readonly SigningAlgorithm[];
  readonly urgency: Urgency;
}

/** Keys are not to be trusted any more. */
export interface RevokeOrder {
  readonly type: 'revoke';
  readonly kids: readonly string[];
}

/** What orders are judged by. */
export interface OrderCircumstances {
  readonly configured: ConfiguredAlgorithms;
  readonly policy: RotationPolicy;
  readonly now: Date;
}

/** A key that orders can name. */
export interface OrderableKey extends RotatingKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
}

/**
 * What an order makes of the sets that it concerns; has no side effects. Throws `invalid_argument`: `keys.unknown_algorithm`
 * for an algorithm that is not configured, `keys.no_such_key` for a key that is not there, `keys.too_many_keys` where a set
 * takes no further key.
 */
export function planOrder<K extends OrderableKey>(
  stored: KeySets<K>,
  order: RotateOrder | RevokeOrder,
  circumstances: OrderCircumstances,
): ReadonlyMap<SigningAlgorithm, RotationPlan<K>> {
  const plan = order.type === 'rotate' ? planRotate : planRevoke;
  return plan(stored, order as RotateOrder & RevokeOrder, circumstances);
}

function planRotate<K extends OrderableKey>(
  stored: KeySets<K>,
  { algorithms, urgency }: RotateOrder,
  { configured, policy, now }: OrderCircumstances,
): ReadonlyMap<SigningAlgorithm, RotationPlan<K>> {
  const chosen = new Set(algorithms ?? configured);
  for (const alg of chosen) {
    if (!configured.includes(alg)) throw unknownAlgorithm(alg);
  }
  return new Map(
    [...chosen].map((alg) => {
      const keys = stored.get(alg) ?? [];
      const plan = urgency === 'now' ? rotateNow(keys, now, policy) : rotateSoon(keys, now, policy);
      if (plan.create !== undefined && keys.length >= policy.maxKeysPerSet) {
        throw tooManyKeys(alg, keys.length);
      }
      return [alg, { ...plan, isChanged: true }] as const;
    }),
  );
}

type Succeeded<K> = Omit<RotationPlan<K>, 'isChanged'>;

/** The successor signs at once; its predecessor stays published for what replicas sign that have no news yet. */
export function rotateNow<K extends KeyLife>(keys: readonly K[], now: Date, policy: RotationPolicy): Succeeded<K> {
  const active = findActiveKey(keys, now);
  return activateNow(
    keys.map((key) => (key === active ? retireNow(key, now, policy) : key)),
    now,
  );
}

/**
 * The successor is published now, and signs one pre-publication later. One that waits already signs when it has been
 * published for so long, and no replica is left that has not heard of the earlier moment.
 */
export function rotateSoon<K extends KeyLife>(keys: readonly K[], now: Date, policy: RotationPolicy): Succeeded<K> {
  const { prePublicationSeconds, staleAfterSeconds, skewSeconds } = policy;
  const waiting = findWaitingKey(keys, now);
  const wanted =
    waiting === undefined
      ? addSeconds(now, prePublicationSeconds)
      : latestOf(
          addSeconds(waiting.createdAt, prePublicationSeconds),
          addSeconds(now, staleAfterSeconds + skewSeconds),
        );
  const activeAt = waiting !== undefined && waiting.activeAt < wanted ? waiting.activeAt : wanted;
  const active = findActiveKey(keys, now);
  const ended = keys.map((key) => {
    if (key === waiting) return { ...key, activeAt };
    return key === active
      ? { ...key, retiredAt: activeAt, goneAt: addSeconds(activeAt, retentionOf(key, policy)) }
      : key;
  });
  return waiting === undefined ? { keys: ended, create: { createdAt: now, activeAt } } : { keys: ended };
}

function planRevoke<K extends OrderableKey>(
  stored: KeySets<K>,
  { kids }: RevokeOrder,
  { configured, policy, now }: OrderCircumstances,
): ReadonlyMap<SigningAlgorithm, RotationPlan<K>> {
  const keys = [...stored.values()].flat();
  const revoked = new Set(kids.map((kid) => keys.find((key) => key.kid === kid) ?? noSuchKey(kid)));
  const concerned = new Set([...revoked].map(({ alg }) => alg));
  return new Map(
    [...concerned].map((alg) => {
      const before = stored.get(alg) ?? [];
      const isInUse = configured.includes(alg);
      const { keys: left, create } = withoutRevoked(before, revoked, now, isInUse);
      if (create !== undefined) return [alg, { keys: left, create, isChanged: true }] as const;
      const hasOtherSigner = keys.some(
        (key) => key.alg !== alg && !revoked.has(key) && findActiveKey(stored.get(key.alg) ?? [], now) === key,
      );
      return [alg, { ...planRotation(left, now, policy, { isInUse, hasOtherSigner }), isChanged: true }] as const;
    }),
  );
}

/** Where the key that signs is revoked, another signs at once; where its successor is, it goes on until there is another. */
export function withoutRevoked<K extends KeyLife>(
  before: readonly K[],
  revoked: ReadonlySet<K>,
  now: Date,
  isInUse: boolean,
): Succeeded<K> {
  const left = before.filter((key) => !revoked.has(key));
  const active = findActiveKey(before, now);
  if (active !== undefined && revoked.has(active)) return isInUse ? activateNow(left, now) : { keys: left };
  return { keys: left.map((key) => withoutPlannedEnd(key, before, revoked, now)) };
}

function latestOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}

function noSuchKey(kid: string): never {
  throw new TesseraError({
    kind: 'invalid_argument',
    code: 'keys.no_such_key',
    message: `there is no key ${kid}: it never was, is gone, or was revoked before`,
  });
}

function unknownAlgorithm(alg: SigningAlgorithm): TesseraError {
  const message = `${alg} is not among the configured ones`;
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.unknown_algorithm', message });
}

function tooManyKeys(alg: SigningAlgorithm, count: number): TesseraError {
  const message = `the set of ${alg} has ${count} keys and takes no more until one is gone`;
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.too_many_keys', message });
}
