import type { Grant, TokenToRotate, User } from '@tessera/contracts';
import { isSamePerson } from './password-user.ts';

/** A grant with what the rotation rules need beyond it. */
export interface GrantRecord {
  readonly grant: Grant;
  /** When the present generation came to be; undefined for the first. */
  readonly rotatedAt?: Date;
  /** The attempt that changed it last. */
  readonly attemptId?: string;
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
    const isTolerated = isSameAttempt || isWithin(record.rotatedAt, token.reuseIntervalSeconds, now);
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
  /** The person in the stored part of the password database, if the grant is about one. */
  readonly user?: User | undefined;
}

/** The record after a verdict; the same object when the verdict changes nothing. */
export function settleRotation(record: GrantRecord, { verdict, token, now, user }: RotationRuling): GrantRecord {
  const { grant } = record;
  if (verdict === 'reused') return { ...record, grant: { ...grant, revokedAt: now } };
  if (verdict !== 'rotated' && verdict !== 'used') return record;
  const present = isSamePerson(user, grant.authorization) ? { identity: user.identity } : {};
  const settled: Grant = {
    ...grant,
    authorization: { ...grant.authorization, ...present, ...token.upstream },
    lastUsedAt: now,
  };
  if (verdict === 'used') return { ...record, grant: settled, attemptId: token.attemptId };
  return {
    grant: { ...settled, generation: grant.generation + 1 },
    rotatedAt: now,
    attemptId: token.attemptId,
  };
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
