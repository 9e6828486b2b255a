import { randomBytes } from 'node:crypto';
import { addSeconds } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { newEvent } from '@tessera/events';
import { sealKey } from '../encryption/envelope.ts';
import { MASTER_SECRET_PURPOSE } from '../encryption/key-purposes.ts';
import type { SealingRing } from '../encryption/sealing-ring.ts';
import { type ChangeReason, type KeyChange, tellChanges } from '../rotation/key-changes.ts';
import { rotateNow, rotateSoon, type Urgency, withoutRevoked } from '../rotation/orders.ts';
import { planRotation, type RotationPlan } from '../rotation/plan.ts';
import type { RevokedVersion, SecretsDocument, StoredMasterSecret } from './secrets-document.ts';
import type { SecretsPolicy } from './secrets-policy.ts';

/** Length of a master secret, in bytes. */
export const MASTER_SECRET_BYTES = 32;
const MAX_VERSION = 255;
/** How other keys are derived from it, for those who read events. */
export const DERIVATION = 'HKDF-SHA256';

/** Another secret is to be used for what is made from now on. */
export interface RotateSecretsOrder {
  readonly type: 'rotate-secrets';
  readonly urgency: Urgency;
}

/** What was made with some secrets is not to count any more. */
export interface RevokeSecretsOrder {
  readonly type: 'revoke-secrets';
  readonly versions: readonly number[];
}

/** What is to become of the secrets. */
export type SecretsPlan = Omit<RotationPlan<StoredMasterSecret>, 'isChanged'> & {
  readonly revoked: readonly StoredMasterSecret[];
};

/** A document as it is to be stored, and what is to be told with it. */
export interface NextSecrets {
  readonly document: SecretsDocument;
  readonly changes: readonly KeyChange<StoredMasterSecret>[];
}

/** What is due by time; undefined when nothing is. */
export function planSecrets(before: SecretsDocument, now: Date, policy: SecretsPolicy): SecretsPlan | undefined {
  const situation = { isInUse: true, hasOtherSigner: false };
  const plan = planRotation(before.versions, now, policy, situation);
  return plan.isChanged ? { ...plan, revoked: [] } : undefined;
}

/** What an order makes of the secrets. Throws `invalid_argument` (`keys.no_such_secret`). */
export function planSecretsOrder(
  { versions }: SecretsDocument,
  order: RotateSecretsOrder | RevokeSecretsOrder,
  now: Date,
  policy: SecretsPolicy,
): SecretsPlan {
  if (order.type === 'rotate-secrets') {
    const rotate = order.urgency === 'now' ? rotateNow : rotateSoon;
    return { ...rotate(versions, now, policy), revoked: [] };
  }
  const revoked = new Set(order.versions.map((number) => findVersion(versions, number)));
  const { keys, create } = withoutRevoked(versions, revoked, now, true);
  const plan = create === undefined ? planRotation(keys, now, policy, SITUATION) : { keys, create };
  return { ...plan, revoked: [...revoked] };
}

const SITUATION = { isInUse: true, hasOtherSigner: false } as const;

/**
 * The secrets as a plan says, with a new one where it asks for one. Throws `resource_exhausted` (`keys.no_free_version`) when
 * all numbers are in use, or may still be named by something.
 */
export function makeNextSecrets(
  before: SecretsDocument,
  plan: SecretsPlan | undefined,
  now: Date,
  { wrapping, policy }: { readonly wrapping: SealingRing; readonly policy: SecretsPolicy },
): NextSecrets {
  const ended = plan?.revoked ?? [];
  const freeAt = addSeconds(now, policy.retentionSeconds);
  const tombstones = ended.map(({ version }): RevokedVersion => ({ version, revokedAt: now, freeAt }));
  const revoked = [...before.revoked.filter((one) => one.freeAt > now), ...tombstones];
  const staying = plan?.keys ?? before.versions;
  const made =
    plan?.create === undefined
      ? []
      : [
          {
            ...makeSecret({ versions: before.versions, revoked }, plan.create, wrapping),
            retentionSeconds: policy.retentionSeconds,
          },
        ];
  const stored = before.versions.map((one) => (ended.includes(one) ? { ...one, retiredAt: now, goneAt: now } : one));
  const { keys: versions, changes } = tellChanges(stored, [...staying, ...made], now);
  return { document: { versions, revoked }, changes };
}

/** The event of a step. */
export function secretEvent(
  keySet: string,
  { key, step, at }: KeyChange<StoredMasterSecret>,
  reason: ChangeReason | undefined,
): SecurityEvent {
  const data = { keySet, kid: key.kid, algorithm: DERIVATION, change: step, ...(reason !== undefined && { reason }) };
  return newEvent('key.changed', keySet, data, at);
}

function makeSecret(
  known: SecretsDocument,
  life: { readonly createdAt: Date; readonly activeAt: Date },
  wrapping: SealingRing,
): StoredMasterSecret {
  const version = nextVersion(known);
  const kid = String(version);
  const bytes = randomBytes(MASTER_SECRET_BYTES);
  const secret = sealKey(wrapping, bytes, { purpose: MASTER_SECRET_PURPOSE, name: kid });
  bytes.fill(0);
  return { version, kid, ...life, secret };
}

/** Numbers go round, so that one is used again as late as can be. */
function nextVersion({ versions, revoked }: SecretsDocument): number {
  const taken = new Set([...versions, ...revoked].map(({ version }) => version));
  const latest = versions.at(-1)?.version ?? 0;
  for (let step = 0; step < MAX_VERSION; step += 1) {
    const number = ((latest + step) % MAX_VERSION) + 1;
    if (!taken.has(number)) return number;
  }
  throw new TesseraError({
    kind: 'resource_exhausted',
    code: 'keys.no_free_version',
    message: `all ${MAX_VERSION} versions of master secrets are in use; they end when refresh tokens have a lifetime, or by being revoked`,
  });
}

function findVersion(versions: readonly StoredMasterSecret[], number: number): StoredMasterSecret {
  const found = versions.find(({ version }) => version === number);
  if (found !== undefined) return found;
  throw new TesseraError({
    kind: 'invalid_argument',
    code: 'keys.no_such_secret',
    message: `there is no master secret of version ${number}: it never was, is gone, or was revoked before`,
  });
}
