import { addSeconds, type Clock } from '@tessera/clock';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { Custody } from '../signers/custody.ts';
import { type ConfiguredAlgorithms, groupByAlgorithm } from './key-sets.ts';
import { makeNextDocument, type NextDocument } from './next-document.ts';
import { planOrder } from './orders.ts';
import type { KeyKnowledge } from './plan.ts';
import { planSets } from './plan-sets.ts';
import type { RotationPolicy } from './policy.ts';
import type { RevokedMemory } from './revoked-memory.ts';
import type { SigningDocument, StoredSigningKey } from './signing-document.ts';

/** What is decided by. */
export interface DecisionOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: RotationPolicy;
  readonly configured: ConfiguredAlgorithms;
  readonly custody: Custody;
  readonly latestExpiries?: () => Promise<ReadonlyMap<string, Date>>;
  readonly stored: SigningDocument;
  readonly memory: RevokedMemory;
  /** As {@link NextDocumentOptions.destroyed}. */
  readonly destroyed: ReadonlySet<string>;
  /** Whether this replica has just been started. */
  readonly isFirstLook: boolean;
}

/** What is due now in all sets, and the keys that it takes. Revoked keys that are there again are revoked again. */
export async function decideNext(options: DecisionOptions): Promise<NextDocument> {
  const { clock, logger, policy, configured, custody, stored, memory, destroyed } = options;
  const now = clock.now();
  const before = { ...stored, revoked: memory.mergedWith(stored.revoked) };
  const sets = groupByAlgorithm(before.keys);
  const onCreateFailure = (alg: SigningAlgorithm, err: unknown): void =>
    logger.error({ alg, err }, 'a new signing key could not be made; its set waits');
  const returned = before.keys.filter(({ kid }) => memory.has(kid)).map(({ kid }) => kid);
  if (returned.length > 0) {
    logger.error(
      { kids: returned },
      'revoked keys stood in storage again and were removed; was an old state put back?',
    );
    const plans = planOrder(sets, { type: 'revoke', kids: returned }, { configured, policy, now });
    return makeNextDocument({
      custody,
      before,
      plans,
      now,
      retentionSeconds: policy.retentionSeconds,
      destroyed,
      revoked: new Set(returned),
      onCreateFailure,
      reasonOf: () => 'revoked',
    });
  }
  const knowledge = await know(options, now);
  const lost = before.keys.filter((key) => stageIsOpen(key, now) && knowledge.isKept?.(key) === false);
  for (const { kid, alg } of lost) logger.warn({ kid, alg }, SIGNER_GONE);
  const lostSets = new Set(lost.map(({ alg }) => alg));
  const plans = planSets(sets, configured, now, policy, knowledge);
  const next = await makeNextDocument({
    custody,
    before,
    plans,
    now,
    retentionSeconds: policy.retentionSeconds,
    destroyed,
    // The other sets are not to wait for one whose signer makes no key; without any key at all there is nothing to go on with.
    ...(before.keys.length > 0 && { onCreateFailure }),
    reasonOf: ({ key, at }) => (lostSets.has(key.alg) && at.getTime() === now.getTime() ? 'signer_changed' : undefined),
  });
  const known = new Set(before.keys.map(({ kid }) => kid));
  for (const { kid, alg, activeAt } of next.document.keys.filter((key) => !known.has(key.kid))) {
    logger.info({ kid, alg, active_at: activeAt.toISOString() }, 'new signing key');
  }
  return { ...next, isChanged: next.isChanged || before.revoked.length !== stored.revoked.length };
}

const SIGNER_GONE =
  'the signer that keeps this key is not configured any more (formerSigners), so another key signs at once; relying parties that keep a JWKS may refuse its tokens until they fetch it again';

/**
 * Replicas that are started with another signer one by one would replace one another's keys in turns: a key of a signer that
 * is not known here is left alone for a while, unless it stood there when this replica was started.
 */
async function know(
  { custody, policy, stored, isFirstLook, latestExpiries }: DecisionOptions,
  now: Date,
): Promise<KeyKnowledge<StoredSigningKey>> {
  const soon = addSeconds(now, policy.prePublicationSeconds);
  const isSomeSoonGone = stored.keys.some(({ goneAt }) => goneAt !== undefined && goneAt <= soon);
  const expiries = isSomeSoonGone ? await latestExpiries?.() : undefined;
  const isLeftAlone = ({ createdAt }: StoredSigningKey): boolean =>
    !isFirstLook && addSeconds(createdAt, policy.prePublicationSeconds) > now;
  return {
    isKept: (key) => key.privateKey === undefined || custody.keeps(key) || isLeftAlone(key),
    ...(expiries !== undefined && { latestExpiry: ({ kid }) => expiries.get(kid) }),
  };
}

function stageIsOpen({ retiredAt }: StoredSigningKey, now: Date): boolean {
  return retiredAt === undefined || retiredAt > now;
}
