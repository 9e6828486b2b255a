import type { SecurityEvent } from '@tessera/contracts';
import { newEvent } from '@tessera/events';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Custody } from '../signers/custody.ts';
import type { PrivateHalf } from '../signers/private-half.ts';
import { signerUnavailable } from '../signers/signer-errors.ts';
import { type ChangeReason, type KeyChange, tellChanges } from './key-changes.ts';
import { groupByAlgorithm } from './key-sets.ts';
import type { RotationPlan } from './plan.ts';
import {
  MAX_DISCARDED,
  MAX_REVOKED,
  type RevokedKey,
  type SigningDocument,
  type StoredSigningKey,
} from './signing-document.ts';

/** What a document is to become, and what of. */
export interface NextDocumentOptions {
  readonly custody: Pick<Custody, 'create'>;
  readonly before: SigningDocument;
  /** Of the sets that change; the others stay as they are. */
  readonly plans: ReadonlyMap<SigningAlgorithm, RotationPlan<StoredSigningKey>>;
  readonly now: Date;
  /** What is noted in new keys: the policy's. */
  readonly retentionSeconds: number;
  /** Ids of keys that are among the stored ones and must never come back. */
  readonly revoked?: ReadonlySet<string>;
  /** Ids of discarded keys whose private halves are destroyed. */
  readonly destroyed?: ReadonlySet<string>;
  /**
   * Told when a key could not be made; its set then stays as it is, those aside that are revoked, and a later look makes one.
   * Left out: that is thrown.
   */
  readonly onCreateFailure?: (alg: SigningAlgorithm, error: unknown) => void;
  /** Why what happens of itself at `now` does so. */
  readonly reasonOf?: (change: KeyChange<StoredSigningKey>) => ChangeReason | undefined;
}

/** A document as it is to be stored, and what is to be told with it. */
export interface NextDocument {
  readonly document: SigningDocument;
  readonly changes: readonly KeyChange<StoredSigningKey>[];
  readonly isChanged: boolean;
}

/**
 * Makes the keys that plans ask for, all at once, and the document that has them. Nobody knows it before it is stored. Throws
 * what the custodian throws, and `unavailable` (`keys.signer_unavailable`) when that gives a key which was used before.
 */
export async function makeNextDocument(options: NextDocumentOptions): Promise<NextDocument> {
  const { before, plans, now, revoked = new Set(), destroyed = new Set(), reasonOf } = options;
  const remembered = [
    ...before.revoked.filter(({ kid }) => !revoked.has(kid)),
    ...before.keys.filter(({ kid }) => revoked.has(kid)).map(toRevoked(now)),
  ];
  const stored = groupByAlgorithm(before.keys);
  const planned = await Promise.all(
    [...new Set([...stored.keys(), ...plans.keys()])].map(
      async (alg) => (await carryOut(alg, remembered, options)) ?? { keys: stored.get(alg) ?? [], isChanged: false },
    ),
  );
  const ended = before.keys.map((key) => (revoked.has(key.kid) ? endedNow(key, now) : key));
  const staying = planned.flatMap((set) => set.keys);
  const { keys, changes } = tellChanges(ended, staying, now);
  const discarded = [...before.discarded.filter(({ kid }) => !destroyed.has(kid)), ...newlyDiscarded(before, keys)];
  const document = { keys, revoked: remembered.slice(-MAX_REVOKED), discarded: discarded.slice(-MAX_DISCARDED) };
  return {
    document,
    changes: changes.map((change) => withReason(change, reasonOf?.(change))),
    isChanged:
      changes.length > 0 ||
      planned.some((set) => set.isChanged) ||
      document.revoked.length !== before.revoked.length ||
      discarded.length !== before.discarded.length,
  };
}

/** The event of a step. Events name the set of the key's algorithm. */
export function changeEvent({ key, step, at, reason }: KeyChange<StoredSigningKey>): SecurityEvent {
  const keySet = `signing:${key.alg}`;
  const data = { keySet, kid: key.kid, algorithm: key.alg, change: step, ...(reason !== undefined && { reason }) };
  return newEvent('key.changed', keySet, data, at);
}

/** A set as its plan says; undefined where there is none, or its key could not be made. */
async function carryOut(
  alg: SigningAlgorithm,
  revoked: readonly RevokedKey[],
  options: NextDocumentOptions,
): Promise<{ readonly keys: readonly StoredSigningKey[]; readonly isChanged: boolean } | undefined> {
  const plan = options.plans.get(alg);
  if (plan === undefined) return undefined;
  const keys = plan.keys.map((key) => noteFormerHalf(key, options.before));
  if (plan.create === undefined) return { keys, isChanged: plan.isChanged };
  try {
    return { keys: [...keys, await createKey(alg, plan.create, revoked, options)], isChanged: true };
  } catch (error) {
    if (options.onCreateFailure === undefined) throw error;
    options.onCreateFailure(alg, error);
    return options.revoked === undefined ? undefined : { keys, isChanged: true };
  }
}

async function createKey(
  alg: SigningAlgorithm,
  life: { readonly createdAt: Date; readonly activeAt: Date },
  revoked: readonly RevokedKey[],
  { custody, before, retentionSeconds }: NextDocumentOptions,
): Promise<StoredSigningKey> {
  const inUse = before.keys.flatMap(({ privateKey, formerHalf }) => privateKey ?? formerHalf ?? []);
  const key = await custody.create(alg, life, [...inUse, ...revoked.flatMap(({ formerHalf }) => formerHalf ?? [])]);
  const isUsed = [...before.keys, ...revoked].some(({ kid }) => kid === key.kid);
  if (isUsed) throw signerUnavailable(`the signer gave a key for ${alg} that was used before`);
  return { ...key, retentionSeconds };
}

/** What storage holds itself leaves with the document and needs no destruction, and no new key can be it. */
function isElsewhere(half: PrivateHalf | undefined): half is PrivateHalf {
  return half !== undefined && half.signer !== 'local';
}

function noteFormerHalf(key: StoredSigningKey, before: SigningDocument): StoredSigningKey {
  if (key.privateKey !== undefined || key.formerHalf !== undefined) return key;
  const half = before.keys.find(({ kid }) => kid === key.kid)?.privateKey;
  return isElsewhere(half) ? { ...key, formerHalf: half } : key;
}

function newlyDiscarded(before: SigningDocument, keys: readonly StoredSigningKey[]): SigningDocument['discarded'] {
  const kept = new Set(keys.flatMap(({ kid, privateKey }) => (privateKey === undefined ? [] : [kid])));
  return before.keys.flatMap(({ kid, privateKey }) =>
    isElsewhere(privateKey) && !kept.has(kid) ? [{ kid, privateKey }] : [],
  );
}

function toRevoked(revokedAt: Date): (key: StoredSigningKey) => RevokedKey {
  return ({ kid, alg, privateKey, formerHalf }) => {
    const half = privateKey ?? formerHalf;
    return { kid, alg, revokedAt, ...(isElsewhere(half) && { formerHalf: half }) };
  };
}

function endedNow(key: StoredSigningKey, now: Date): StoredSigningKey {
  const isRetired = key.retiredAt !== undefined && key.retiredAt <= now;
  return { ...key, ...(!isRetired && { retiredAt: now }), goneAt: now };
}

function withReason<K>(change: KeyChange<K>, reason: ChangeReason | undefined): KeyChange<K> {
  return reason === undefined ? change : { ...change, reason };
}
