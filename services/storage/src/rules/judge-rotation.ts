import type { Grant, RotationToReopen, TokenToRotate } from '@tessera/contracts';
import { endAfterUse } from './retention.ts';

/** A grant with what the rotation rules need beyond it. */
export interface GrantRecord {
  readonly grant: Grant;
  /** When the present generation came to be; undefined for the first. */
  readonly rotatedAt?: Date;
  /** The attempt that changed it last. */
  readonly attemptId?: string;
  /** From when it may be swept; undefined = never. */
  readonly endsAt?: Date;
}

/**
 * What a presented refresh token comes to. `rotated`: the generation counts up. `used`: only the time of use changes.
 * `unchanged`: the answer is the present generation and nothing is written. `reused`: the family is revoked.
 */
export type RotationVerdict =
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'reused'
  | 'unchanged'
  | 'upstream_first'
  | 'rotated'
  | 'used';

/** Attempt id of a grant whose last rotation was reopened. Those of callers are random. */
export const REOPENED = 'reopened';

/**
 * How long the predecessor of a reopened rotation is let in at least, whatever the reuse interval: its client got no answer and
 * has no other token, and comes back when it has something to do. Once the successor is presented, it is a reuse again.
 */
export const REOPENED_SECONDS = 86_400;

/** Judges a presented refresh token (RFC 9700 §4.14.2). The PostgreSQL statement says the same in SQL. */
export function judgeRotation(record: GrantRecord, token: TokenToRotate, now: Date): RotationVerdict {
  const { grant } = record;
  const { authorization } = grant;
  if (authorization.clientId !== token.clientId || !authorization.isRefreshable) return 'unknown';
  if (token.generation > grant.generation) return 'unknown';
  if (grant.revokedAt !== undefined) return 'revoked';
  if (isExpired(grant, token, now)) return 'expired';
  const isSameAttempt = record.attemptId === token.attemptId;
  if (token.generation < grant.generation) {
    const isPredecessor = token.generation === grant.generation - 1;
    const isTolerated = isSameAttempt || isWithin(record.rotatedAt, toleranceOf(record, token), now);
    return isPredecessor && isTolerated ? 'unchanged' : 'reused';
  }
  if (!token.rotates && (isSameAttempt || isWithin(grant.lastUsedAt, token.reuseIntervalSeconds, now))) {
    return 'unchanged';
  }
  if (authorization.refreshesUpstream && token.upstream === undefined) return 'upstream_first';
  return token.rotates ? 'rotated' : 'used';
}

/** What a verdict was reached on. */
export interface RotationRuling {
  readonly verdict: RotationVerdict;
  readonly token: TokenToRotate;
  readonly now: Date;
}

/** The record after a verdict; the same object when the verdict changes nothing. */
export function settleRotation<R extends GrantRecord>(record: R, { verdict, token, now }: RotationRuling): R {
  const { grant } = record;
  if (verdict === 'reused') return { ...record, grant: { ...grant, revokedAt: now }, endsAt: now };
  if (verdict !== 'rotated' && verdict !== 'used') return record;
  const used: Grant = { ...grant, authorization: { ...grant.authorization, ...token.upstream }, lastUsedAt: now };
  const { endsAt: _, ...rest } = record;
  const endsAt = endAfterUse(record, token.validIfNotUsedForSeconds, now);
  const settled = { ...rest, attemptId: token.attemptId, ...(endsAt === undefined ? {} : { endsAt }) };
  const after =
    verdict === 'used'
      ? { ...settled, grant: used }
      : { ...settled, grant: { ...used, generation: grant.generation + 1 }, rotatedAt: now };
  return after as R;
}

/** How long the predecessor is let in after the rotation. */
function toleranceOf({ attemptId }: GrantRecord, { reuseIntervalSeconds }: TokenToRotate): number {
  return attemptId === REOPENED ? Math.max(REOPENED_SECONDS, reuseIntervalSeconds) : reuseIntervalSeconds;
}

/** The record after its last rotation was reopened; the same object when that changes nothing. */
export function reopenRotation<R extends GrantRecord>(record: R, { generation }: RotationToReopen, now: Date): R {
  const { grant, rotatedAt } = record;
  const isTheLast = rotatedAt !== undefined && grant.generation === generation;
  return isTheLast && grant.revokedAt === undefined ? { ...record, rotatedAt: now, attemptId: REOPENED } : record;
}

function isExpired(grant: Grant, token: TokenToRotate, now: Date): boolean {
  if (grant.expiresAt !== undefined && grant.expiresAt <= now) return true;
  const idleMs = token.validIfNotUsedForSeconds * 1000;
  return idleMs > 0 && grant.lastUsedAt.getTime() + idleMs <= now.getTime();
}

/** An interval of 0 holds nothing, not even a moment that a lagging clock takes for the future. */
function isWithin(start: Date | undefined, intervalSeconds: number, now: Date): boolean {
  return start !== undefined && intervalSeconds > 0 && now.getTime() < start.getTime() + intervalSeconds * 1000;
}
