import { addSeconds } from '@tessera/clock';
import { type KeyFigures, latestExpiryOf, tokenTypes } from '../journal/journal-document.ts';
import { findActiveKey, stageOf } from '../rotation/key-life.ts';
import { groupByAlgorithm } from '../rotation/key-sets.ts';
import { type OrderCircumstances, planOrder, type RevokeOrder, type RotateOrder } from '../rotation/orders.ts';
import type { RotationPlan } from '../rotation/plan.ts';
import type { SigningDocument, StoredSigningKey } from '../rotation/signing-document.ts';
import type { OrderPreview, RevokedKeyEffect, SuccessionEffect } from './order.ts';

/** By how much replicas may be behind storage that is in reach: they are told of changes, or read it anew. In seconds. */
const NEWS_SECONDS = 30;

/** What an order about signing keys would do now. Throws as {@link planOrder}. */
export function previewKeys(
  { keys }: Pick<SigningDocument, 'keys'>,
  order: RotateOrder | RevokeOrder,
  circumstances: OrderCircumstances,
  journal: ReadonlyMap<string, KeyFigures>,
): OrderPreview {
  const { now } = circumstances;
  const stored = groupByAlgorithm(keys);
  const plans = planOrder(stored, order, circumstances);
  const successions = [...plans].flatMap(([alg, plan]) => succession(stored.get(alg) ?? [], plan, alg, circumstances));
  const revoked = order.type === 'revoke' ? keys.filter(({ kid }) => order.kids.includes(kid)) : [];
  const revokedKeys = revoked.map((key) => revocation(key, circumstances, journal.get(key.kid) ?? {}));
  const warnings = [
    ...successions.flatMap(successionWarning),
    ...revokedKeys.flatMap((effect) => revocationWarnings(effect, revoked, now)),
    ...(revokedKeys.length > 0 ? [AFTER_REVOCATION] : []),
  ];
  return { order, at: now, successions, revokedKeys, revokedSecrets: [], warnings };
}

/** Undefined where what signs goes on signing. */
function succession(
  before: readonly StoredSigningKey[],
  { keys, create }: RotationPlan<StoredSigningKey>,
  keySet: SuccessionEffect['keySet'],
  { now, policy }: OrderCircumstances,
): readonly SuccessionEffect[] {
  const predecessor = findActiveKey(before, now);
  const successor = create ?? keys.findLast((key) => key.retiredAt === undefined && key.kid !== predecessor?.kid);
  if (successor === undefined) return [];
  const { createdAt, activeAt } = successor;
  const knownAt = addSeconds(createdAt, policy.reloadSeconds + policy.maxAgeSeconds + policy.skewSeconds);
  return [
    {
      keySet,
      ...(predecessor !== undefined && { predecessor: predecessor.kid }),
      ...('kid' in successor && { successor: String(successor.kid) }),
      activeAt,
      ...(activeAt < knownAt && { mayFailUntil: knownAt }),
    },
  ];
}

function successionWarning({ keySet, mayFailUntil }: SuccessionEffect): readonly string[] {
  if (mayFailUntil === undefined) return [];
  return [
    `${keySet}: the new key signs before every relying party can know it. Those that keep the JWKS for its max-age and do not fetch it again for an unknown kid may refuse new tokens until ${mayFailUntil.toISOString()}, and longer behind a replica that is cut off from storage.`,
  ];
}

function revocation(key: StoredSigningKey, { now, policy }: OrderCircumstances, signed: KeyFigures): RevokedKeyEffect {
  const { kid, alg } = key;
  const latestExpiry = latestExpiryOf(signed);
  const living = tokenTypes(signed).filter((type) => (signed[type]?.latestExpiry?.getTime() ?? 0) > now.getTime());
  return {
    kid,
    algorithm: alg,
    stage: stageOf(key, now),
    signed,
    mayBeInUse: living.reduce((sum, type) => sum + (signed[type]?.count ?? 0), 0),
    ...(latestExpiry !== undefined && { latestExpiry }),
    trustedUntil: addSeconds(now, NEWS_SECONDS + policy.maxAgeSeconds),
  };
}

const AFTER_REVOCATION =
  'userinfo and introspection refuse tokens of a revoked key at once; refresh tokens and sessions go on, and give tokens of another key. This cannot be taken back.';

function revocationWarnings(
  { kid, stage, signed, mayBeInUse, latestExpiry, trustedUntil }: RevokedKeyEffect,
  keys: readonly StoredSigningKey[],
  now: Date,
): readonly string[] {
  const counts = tokenTypes(signed).map((type) => `${signed[type]?.count ?? 0} ${type}`);
  const living =
    mayBeInUse === 0 || latestExpiry === undefined || latestExpiry <= now
      ? 'none of them is known to be valid still'
      : `at most ${mayBeInUse} of them are valid still, the last until ${latestExpiry.toISOString()}`;
  const known =
    counts.length === 0 ? 'the journal knows of no token that it signed' : `it signed ${counts.join(', ')}; ${living}`;
  const isInVault = keys.some((key) => key.kid === kid && (key.privateKey ?? key.formerHalf)?.signer === 'vault');
  return [
    `${kid} (${stage}) leaves the JWKS at once, and every token that it signed is refused by whoever fetches the JWKS again: ${known}. Caches may go on trusting it until ${trustedUntil.toISOString()}, and longer behind a replica that is cut off from storage.`,
    ...(isInVault
      ? [
          `${kid} is in Vault, where one version of a key cannot be destroyed: raise min_encryption_version or trim it there.`,
        ]
      : []),
  ];
}
