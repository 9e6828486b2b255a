import type { Clock } from '@tessera/clock';
import type { RotationOutcome, StorageWriteApi, TokenToRotate } from '@tessera/contracts';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import type { GrantStore, JudgedGrant } from '../ports.ts';
import { invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { isStorableText, isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';
import { revokeGone } from './revoke-gone.ts';
import { type StaticUsers, standingOf } from './users.ts';

/** What rotating needs. */
export interface RotateOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
  readonly staticUsers: StaticUsers;
}

type Ruling = RotationOutcome | 'user_gone';

const UNKNOWN: Outcome<RotationOutcome> = succeeded({ type: 'refused', refusal: 'unknown' });
const USER_GONE: Outcome<RotationOutcome> = succeeded({ type: 'refused', refusal: 'user_gone' });

/**
 * Rotates refresh tokens (RFC 9700 §4.14.2), one statement for the batch. Only when a person turns out to be gone does a
 * second one revoke their grants. A crash between the two gives nobody a token: every answer passes this judgement.
 */
export function createRotateRefreshTokens(options: RotateOptions): StorageWriteApi['rotateRefreshTokens'] {
  const { clock, durable, staticUsers } = options;
  return async (tokens) => {
    const outcomes = new Map<number, Outcome<RotationOutcome>>();
    const placed: Placed<TokenToRotate>[] = [];
    for (const [position, item] of tokens.entries()) {
      if (!isUuid(item.grantId) || !isStorableText(item.clientId)) continue;
      if (isStorableId(item.attemptId))
        placed.push({ position, item: { ...item, grantId: item.grantId.toLowerCase() } });
      else outcomes.set(position, failed(invalidAttempt()));
    }
    const judged = await runBatch(placed, {
      keyOf: (item) => item.grantId,
      run: (items) => durable.rotateGrants(items, clock.now()),
    });
    const gone: Placed<TokenToRotate>[] = [];
    for (const entry of placed) {
      const answer = judged.get(entry.position);
      if (answer === undefined) continue;
      const ruling = answer.ok ? rule(answer.value, staticUsers) : undefined;
      if (ruling === 'user_gone') gone.push(entry);
      else outcomes.set(entry.position, answer.ok && ruling !== undefined ? succeeded(ruling) : failedFrom(answer));
    }
    for (const [position, outcome] of await revokeGone(gone, USER_GONE, options)) outcomes.set(position, outcome);
    return tokens.map((_, position) => outcomes.get(position) ?? UNKNOWN);
  };
}

/** Two attempts without an id would pass for one repeated. */
function invalidAttempt(): Error {
  return invalidInput('storage.invalid_id', 'the id of an attempt is well-formed text of 1 to 512 bytes');
}

function failedFrom(answer: Outcome<unknown>): Outcome<never> {
  return answer.ok ? failed(new Error('a refresh token without a ruling')) : answer;
}

function rule(judged: JudgedGrant | undefined, staticUsers: StaticUsers): Ruling {
  if (judged === undefined) return { type: 'refused', refusal: 'unknown' };
  const { verdict, grant, user } = judged;
  switch (verdict) {
    case 'unknown':
    case 'revoked':
    case 'expired':
    case 'reused':
      return { type: 'refused', refusal: verdict };
    case 'rotated':
    case 'used':
    case 'unchanged':
    case 'upstream_first': {
      const standing = standingOf(grant.authorization, user, staticUsers);
      if (standing.type === 'gone') return 'user_gone';
      const present =
        standing.type === 'elsewhere'
          ? grant
          : { ...grant, authorization: { ...grant.authorization, identity: standing.identity } };
      return { type: verdict === 'upstream_first' ? 'upstream_first' : 'rotated', grant: present };
    }
  }
}
