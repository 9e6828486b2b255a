import { createHash } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { Authorization, CodeOutcome, CodeRefusal, CodeToRedeem, Grant, StorageWriteApi } from '@tessera/contracts';
import type { TesseraError } from '@tessera/errors';
import { checkPkce, encodeSubject } from '@tessera/oauth';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import type { EphemeralStore, GrantStore, NewGrant } from '../ports.ts';
import { invalidInput, isStorableId, isStorableMoment } from '../rules/accepted-input.ts';
import { passwordUserEmail } from '../rules/password-user.ts';
import { endOfNewGrant } from '../rules/retention.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';

/** What redeeming needs. */
export interface RedeemOptions {
  readonly clock: Clock;
  readonly ephemeral: EphemeralStore;
  readonly durable: GrantStore;
}

interface Redemption {
  readonly code: CodeToRedeem;
  readonly codeHash: Buffer;
}

interface Insertion extends Redemption {
  readonly authorization: Authorization;
}

/**
 * Redeems codes (RFC 6749 §4.1.3): one round trip reads what they stand for, one statement inserts the grants. Who is
 * first under the unique hash of the code has redeemed it; everybody else revokes that grant (RFC 6749 §4.1.2). The code
 * stays until it expires, so that a replay is known as one.
 */
export function createRedeemCodes(options: RedeemOptions): StorageWriteApi['redeemCodes'] {
  const { ephemeral } = options;
  return async (codes) => {
    const outcomes = new Map<number, Outcome<CodeOutcome>>();
    const insertions: Placed<Insertion>[] = [];
    const absent: Placed<Redemption>[] = [];
    const authorizations = await ephemeral.findCodes(codes.map(({ codeId }) => codeId));
    for (const [position, presented] of codes.entries()) {
      const authorization = authorizations[position];
      const code = { ...presented, grantId: presented.grantId.toLowerCase() };
      const refusal = authorization === undefined ? undefined : refusalOf(code, authorization);
      const codeHash = hashOf(code.codeId);
      if (!isUuid(code.grantId)) outcomes.set(position, failed(invalidGrantId()));
      else if (refusal !== undefined) outcomes.set(position, refused(refusal));
      else if (authorization !== undefined && !isKeepable(authorization)) outcomes.set(position, failed(notKeepable()));
      else if (!hasStorableEnds(code)) outcomes.set(position, failed(invalidEnds()));
      else if (authorization === undefined) absent.push({ position, item: { code, codeHash } });
      else insertions.push({ position, item: { code, codeHash, authorization } });
    }
    const [inserted, replayed] = await Promise.all([insert(insertions, options), revokeAbsent(absent, options)]);
    for (const [position, outcome] of [...inserted, ...replayed]) outcomes.set(position, outcome);
    return codes.map((_, position) => outcomes.get(position) ?? failed(new Error('a code without an outcome')));
  };
}

/** What the presenter has to prove (N21), in this order, before anything is touched. */
function refusalOf(code: CodeToRedeem, authorization: Authorization): CodeRefusal | undefined {
  if (code.clientId !== authorization.clientId) return 'other_client';
  if (code.redirectUri !== authorization.redirectUri) return 'redirect_uri';
  const pkce = checkPkce({ ...authorization.pkce, verifier: code.codeVerifier });
  return pkce.ok ? undefined : 'pkce';
}

async function insert(
  insertions: readonly Placed<Insertion>[],
  { durable, clock }: RedeemOptions,
): Promise<Map<number, Outcome<CodeOutcome>>> {
  const { firsts, followers } = raceWithinBatch(insertions);
  const now = clock.now();
  const options = {
    // The codes are distinct here; one grant id meant for two of them must fail alone.
    keyOf: (item: Insertion): string => item.code.grantId,
    run: (items: readonly Insertion[]): Promise<readonly Grant[]> =>
      durable.insertGrants(
        items.map((item) => newGrant(item, now)),
        now,
      ),
  };
  const outcomes = new Map<number, Outcome<CodeOutcome>>();
  const settled = await runBatch(firsts, options);
  for (const { position, item } of firsts) {
    const answer = settled.get(position);
    if (answer !== undefined) outcomes.set(position, answer.ok ? outcomeOf(item, answer.value) : answer);
  }
  // One rival per code is enough to revoke its grant; the others learn the same.
  const rivals = followers.filter(({ isRival }) => isRival);
  const revocations = await runBatch(firstOfEachCode(rivals), options);
  const rivalOutcomes = new Map(
    firstOfEachCode(rivals).map(({ position, item }) => [item.code.codeId, revocations.get(position)]),
  );
  for (const { position, item, firstPosition, isRival } of followers) {
    const answer = isRival ? rivalOutcomes.get(item.code.codeId) : undefined;
    const same = outcomes.get(firstPosition);
    if (answer !== undefined) outcomes.set(position, answer.ok ? refused('replayed') : answer);
    else if (same !== undefined) outcomes.set(position, same);
  }
  return outcomes;
}

interface Follower extends Placed<Insertion> {
  readonly firstPosition: number;
  /** Means another grant than the first; otherwise it is the same call repeated. */
  readonly isRival: boolean;
}

function raceWithinBatch(insertions: readonly Placed<Insertion>[]): {
  readonly firsts: readonly Placed<Insertion>[];
  readonly followers: readonly Follower[];
} {
  const firsts = new Map<string, Placed<Insertion>>();
  const followers: Follower[] = [];
  for (const entry of insertions) {
    const first = firsts.get(entry.item.code.codeId);
    if (first === undefined) firsts.set(entry.item.code.codeId, entry);
    else {
      const isRival = first.item.code.grantId !== entry.item.code.grantId;
      followers.push({ ...entry, firstPosition: first.position, isRival });
    }
  }
  return { firsts: [...firsts.values()], followers };
}

function firstOfEachCode(rivals: readonly Follower[]): readonly Follower[] {
  const seen = new Set<string>();
  return rivals.filter(({ item }) => !seen.has(item.code.codeId) && seen.add(item.code.codeId));
}

/** A code that is gone, or never was: if its grant stands, somebody redeemed it before. */
async function revokeAbsent(
  absent: readonly Placed<Redemption>[],
  { durable, clock }: RedeemOptions,
): Promise<Map<number, Outcome<CodeOutcome>>> {
  const settled = await runBatch(absent, {
    keyOf: (item) => item.code.codeId,
    run: (items) =>
      durable.revokeByCode(
        items.map(({ code, codeHash }) => ({ codeHash, grantId: code.grantId })),
        clock.now(),
      ),
  });
  const outcomes = new Map<number, Outcome<CodeOutcome>>();
  for (const { position, item } of absent) {
    const answer = settled.get(position);
    if (answer === undefined) continue;
    if (!answer.ok) outcomes.set(position, answer);
    else outcomes.set(position, answer.value === undefined ? refused('unknown') : outcomeOf(item, answer.value));
  }
  return outcomes;
}

/** A repetition of the redemption that won gets its grant again, unless a replay has revoked it meanwhile. */
function outcomeOf({ code }: Redemption, grant: Grant): Outcome<CodeOutcome> {
  const isOwn = grant.id === code.grantId && grant.authorization.clientId === code.clientId;
  return isOwn && grant.revokedAt === undefined ? succeeded({ type: 'redeemed', grant }) : refused('replayed');
}

/** What grants are looked up by has to fit the indexes of every backend. */
function isKeepable(authorization: Authorization): boolean {
  const { clientId, connectorId, sessionId, identity } = authorization;
  const subject = encodeSubject(identity.userId, connectorId);
  const keys = [clientId, connectorId, subject, ...(sessionId === undefined ? [] : [sessionId])];
  const email = passwordUserEmail(authorization);
  return keys.every(isStorableId) && (email === undefined || email === '' || isStorableId(email));
}

function hasStorableEnds({ tokensExpireAt, refreshExpiresAt }: CodeToRedeem): boolean {
  return isStorableMoment(tokensExpireAt) && (refreshExpiresAt === undefined || isStorableMoment(refreshExpiresAt));
}

function newGrant({ code, codeHash, authorization }: Insertion, now: Date): NewGrant {
  const { isRefreshable, identity, connectorId } = authorization;
  const expiresAt = isRefreshable ? code.refreshExpiresAt : code.tokensExpireAt;
  const endsAt = endOfNewGrant(expiresAt, isRefreshable ? code.validIfNotUsedForSeconds : 0, now);
  return {
    id: code.grantId,
    codeHash,
    subject: encodeSubject(identity.userId, connectorId),
    authorization,
    createdAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

function hashOf(codeId: string): Buffer {
  return createHash('sha256').update(codeId, 'utf8').digest();
}

function refused(refusal: CodeRefusal): Outcome<CodeOutcome> {
  return succeeded({ type: 'refused', refusal });
}

function invalidGrantId(): TesseraError {
  return invalidInput('storage.invalid_id', 'a grant id is a UUID');
}

function invalidEnds(): TesseraError {
  return invalidInput('storage.invalid_record', 'the end of a grant is a moment of the years 1970 to 9999');
}

function notKeepable(): TesseraError {
  return invalidInput(
    'storage.invalid_record',
    'client, connector, person, email and session have at most 512 bytes each',
  );
}
