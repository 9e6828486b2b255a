import type { Clock } from '@tessera/clock';
import { TesseraError, unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { SealingRing } from '../encryption/sealing-ring.ts';
import type { Journal } from '../journal/journal.ts';
import { createDestruction } from '../rotation/destruction.ts';
import type { ChangeReason, KeyChange } from '../rotation/key-changes.ts';
import { groupByAlgorithm } from '../rotation/key-sets.ts';
import { changeEvent, makeNextDocument } from '../rotation/next-document.ts';
import { type OrderCircumstances, planOrder, type RevokeOrder, type RotateOrder } from '../rotation/orders.ts';
import type { SigningDocument } from '../rotation/signing-document.ts';
import type { SealedDocuments } from '../sealed-documents.ts';
import {
  makeNextSecrets,
  planSecretsOrder,
  type RevokeSecretsOrder,
  type RotateSecretsOrder,
  secretEvent,
} from '../secrets/next-secrets.ts';
import type { SecretsDocument } from '../secrets/secrets-document.ts';
import type { SecretsPolicy } from '../secrets/secrets-policy.ts';
import type { Custody } from '../signers/custody.ts';
import type { OrderPreview, SuccessionEffect } from './order.ts';
import { previewKeys } from './preview-keys.ts';
import { previewSecrets } from './preview-secrets.ts';
import { findWorse } from './worse.ts';

/** What orders are carried out with. */
export interface OrderTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly documents: SealedDocuments;
  readonly wrapping: SealingRing;
  readonly journal: Pick<Journal, 'read'>;
  readonly keysPolicy: Omit<OrderCircumstances, 'now'>;
  readonly secretsPolicy: SecretsPolicy;
  readonly custody: () => Promise<Custody>;
}

/** A step that was told with an order. */
export interface OrderedChange {
  /** As in {@link SuccessionEffect}. */
  readonly keySet: SuccessionEffect['keySet'];
  readonly kid: string;
  readonly step: KeyChange<unknown>['step'];
}

const MAX_ATTEMPTS = 10;

/** What an order about signing keys would do, by what is stored now. */
export async function lookAtKeys(order: RotateOrder | RevokeOrder, tools: OrderTools): Promise<OrderPreview> {
  const { document } = await loadSigning(tools);
  return previewKeys(document, order, { ...tools.keysPolicy, now: tools.clock.now() }, await tools.journal.read());
}

/** What an order about master secrets would do, by what is stored now. */
export async function lookAtSecrets(
  order: RotateSecretsOrder | RevokeSecretsOrder,
  tools: OrderTools,
): Promise<OrderPreview> {
  const { document } = await loadSecrets(tools);
  return previewSecrets(document, order, tools.clock.now(), tools.secretsPolicy);
}

/** Carries out an order about signing keys by one compare-and-set with its events, and destroys what is not needed any more. */
export async function orderKeys(
  order: RotateOrder | RevokeOrder,
  seen: OrderPreview,
  tools: OrderTools,
): Promise<readonly OrderedChange[]> {
  const custody = await tools.custody();
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const { version, document: before } = await loadSigning(tools);
    const now = tools.clock.now();
    const circumstances = { ...tools.keysPolicy, now };
    assertNotWorse(seen, previewKeys(before, order, circumstances, await tools.journal.read()));
    const reason = order.type === 'rotate' ? 'rotated' : 'revoked';
    const { document, changes } = await makeNextDocument({
      custody,
      before,
      plans: planOrder(groupByAlgorithm(before.keys), order, circumstances),
      now,
      retentionSeconds: circumstances.policy.retentionSeconds,
      ...(order.type === 'revoke' && {
        revoked: new Set(order.kids),
        // A key that must go goes, also while its signer is away; a replica makes the next one when it can.
        onCreateFailure: (alg, err) =>
          tools.logger.error({ alg, err }, 'no key could be made in place of a revoked one yet'),
      }),
      reasonOf: ({ at }) => (at.getTime() === now.getTime() ? reason : undefined),
    });
    if (!(await tools.documents.signing.replace(version, document, changes.map(changeEvent)))) continue;
    // What does not succeed here, a replica does.
    await createDestruction(custody, tools.logger).carryOut(document.discarded);
    return changes.map(({ key, step }) => ({ keySet: key.alg, kid: key.kid, step }));
  }
  throw contended();
}

/** Carries out an order about master secrets by one compare-and-set with its events. */
export async function orderSecrets(
  order: RotateSecretsOrder | RevokeSecretsOrder,
  seen: OrderPreview,
  tools: OrderTools,
): Promise<readonly OrderedChange[]> {
  const { secretsPolicy: policy, wrapping } = tools;
  const store = tools.documents.secrets;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const { version, document: before } = await loadSecrets(tools);
    const now = tools.clock.now();
    assertNotWorse(seen, previewSecrets(before, order, now, policy));
    const plan = planSecretsOrder(before, order, now, policy);
    const { document, changes } = makeNextSecrets(before, plan, now, { wrapping, policy });
    const reason: ChangeReason = order.type === 'rotate-secrets' ? 'rotated' : 'revoked';
    const events = changes.map((change) =>
      secretEvent(store.name, change, change.at.getTime() === now.getTime() ? reason : undefined),
    );
    if (!(await store.replace(version, document, events))) continue;
    return changes.map(({ key, step }) => ({ keySet: 'secrets', kid: key.kid, step }));
  }
  throw contended();
}

async function loadSigning({ documents }: OrderTools): Promise<{ version: number; document: SigningDocument }> {
  const { version, document } = await documents.signing.load();
  if (document === undefined || document.keys.length === 0) throw nothingThere();
  return { version, document };
}

async function loadSecrets({ documents }: OrderTools): Promise<{ version: number; document: SecretsDocument }> {
  const { version, document } = await documents.secrets.load();
  if (document === undefined) throw nothingThere();
  return { version, document };
}

function assertNotWorse(seen: OrderPreview, present: OrderPreview): void {
  const worse = findWorse(seen, present);
  if (worse === undefined) return;
  throw new TesseraError({
    kind: 'conflict',
    code: 'keys.order_changed',
    message: `nothing was done, as it became worse since it was looked at: ${worse}; look again`,
  });
}

function nothingThere(): TesseraError {
  return unavailable('keys.not_ready', 'there are no keys yet: the keys service makes them when it starts first');
}

function contended(): TesseraError {
  return unavailable('keys.rotation_contended', 'replicas kept changing the keys meanwhile; nothing was done');
}
