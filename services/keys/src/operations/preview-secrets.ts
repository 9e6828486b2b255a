import { addSeconds } from '@tessera/clock';
import { findActiveKey, stageOf } from '../rotation/key-life.ts';
import { planSecretsOrder, type RevokeSecretsOrder, type RotateSecretsOrder } from '../secrets/next-secrets.ts';
import type { SecretsDocument } from '../secrets/secrets-document.ts';
import type { SecretsPolicy } from '../secrets/secrets-policy.ts';
import type { OrderPreview, SuccessionEffect } from './order.ts';

/** What an order about master secrets would do now. Throws as {@link planSecretsOrder}. */
export function previewSecrets(
  document: SecretsDocument,
  order: RotateSecretsOrder | RevokeSecretsOrder,
  now: Date,
  policy: SecretsPolicy,
): OrderPreview {
  const { keys, create, revoked } = planSecretsOrder(document, order, now, policy);
  const predecessor = findActiveKey(document.versions, now);
  const successor = create ?? keys.findLast((one) => one.retiredAt === undefined && one !== predecessor);
  const knownAt = successor && addSeconds(successor.createdAt, policy.prePublicationSeconds);
  const successions: readonly SuccessionEffect[] =
    successor === undefined
      ? []
      : [
          {
            keySet: 'secrets',
            ...(predecessor !== undefined && { predecessor: predecessor.kid }),
            ...('kid' in successor && { successor: String(successor.kid) }),
            activeAt: successor.activeAt,
            ...(knownAt !== undefined && successor.activeAt < knownAt && { mayFailUntil: knownAt }),
          },
        ];
  const acceptedUntil = addSeconds(now, policy.reloadSeconds + policy.refreshSeconds);
  const revokedSecrets = revoked.map((one) => ({ version: one.version, stage: stageOf(one, now), acceptedUntil }));
  const warnings = [
    ...successions.flatMap(({ mayFailUntil }) =>
      mayFailUntil === undefined
        ? []
        : [
            `secrets: the new version is used before every service knows it. For a minute or two, ${mayFailUntil.toISOString()} at the latest, codes, refresh tokens, reference tokens and cookies of one process may be refused by another.`,
          ],
    ),
    ...revokedSecrets.map(
      ({ version }) =>
        `version ${version}: every authorization code, device code, refresh token, reference token and session cookie made with it ends, sign-ins under way begin anew, and grants whose connector data it sealed end at their next refresh. People sign in again. Services in reach refuse them from ${acceptedUntil.toISOString()} on at the latest; one that is cut off from the keys service does when it is not any more.`,
    ),
    ...(revokedSecrets.length > 0 ? ['This cannot be taken back.'] : []),
  ];
  return { order, at: now, successions, revokedKeys: [], revokedSecrets, warnings };
}
