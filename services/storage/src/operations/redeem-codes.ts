import type { Clock } from '@tessera/clock';
import type { Authorization, CodeOutcome, CodeRefusal, CodeToRedeem, StorageWriteApi } from '@tessera/contracts';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import type { EphemeralStore, FoundGrant, GrantStore } from '../ports.ts';
import { refusalOfCode } from '../rules/redeemable.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';
import { assertEnds, assertKeepable, hashOfCode, invalidGrantId, newGrant } from './new-grant.ts';
import { revokeGone } from './revoke-gone.ts';
import { type StaticUsers, standingOf } from './users.ts';

/** What redeeming needs. */
export interface RedeemOptions {
  readonly clock: Clock;
  readonly ephemeral: EphemeralStore;
  readonly durable: GrantStore;
  readonly staticUsers: StaticUsers;
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
 * stays until it expires, so that a replay is known as one. With the grant comes the stored person it is about: only when
 * they turn out to be gone since the code was given (N40) does a second statement revoke it, and the code is an unknown
 * one. A crash between the two gives nobody a token: every answer passes this judgement.
 */
export function createRedeemCodes(options: RedeemOptions): StorageWriteApi['redeemCodes'] {
  const { ephemeral } = options;
  return async (codes) => {
    const outcomes = new Map<number, Outcome<CodeOutcome>>();
    const insertions: Placed<Insertion>[] = [];
    const absent: Placed<Redemption>[] = [];
    const authorizations = await ephemeral.findCodes(codes.map(({ codeId }) => codeId));
    for (const [position, presented] of codes.entries()) {
      const code = { ...presented, grantId: presented.grantId.toLowerCase() };
      const judged = judge(code, authorizations[position]);
      if (judged.type === 'settled') outcomes.set(position, judged.outcome);
      else if (judged.type === 'absent') absent.push({ position, item: judged.redemption });
      else insertions.push({ position, item: judged.insertion });
    }
    const rulings = await Promise.all([insert(insertions, options), revokeAbsent(absent, options)]);
    const gone: Placed<CodeToRedeem>[] = [];
    for (const [position, ruling] of rulings.flatMap((some) => [...some])) {
      if (!ruling.ok) outcomes.set(position, ruling);
      else if (ruling.value.type === 'user_gone') gone.push({ position, item: ruling.value.code });
      else outcomes.set(position, succeeded(ruling.value));
    }
    for (const [position, outcome] of await revokeGone(gone, refused('unknown'), options)) {
      outcomes.set(position, outcome);
    }
    return codes.map((_, position) => outcomes.get(position) ?? failed(new Error('a code without an outcome')));
  };
}

type Judged =
  | { readonly type: 'settled'; readonly outcome: Outcome<CodeOutcome> }
  | { readonly type: 'absent'; readonly redemption: Redemption }
  | { readonly type: 'insertion'; readonly insertion: Insertion };

/** What became of a code; or whose grant stands, but its person does not. */
type Ruling = CodeOutcome | { readonly type: 'user_gone'; readonly code: CodeToRedeem };

/** What is to be done about a code, before anything is touched. */
function judge(code: CodeToRedeem, authorization: Authorization | undefined): Judged {
  const codeHash = hashOfCode(code.codeId);
  try {
    if (!isUuid(code.grantId)) throw invalidGrantId();
    const refusal = authorization === undefined ? undefined : refusalOfCode(code, authorization);
    if (codeHash === undefined || refusal !== undefined) {
      return { type: 'settled', outcome: refused(refusal ?? 'unknown') };
    }
    if (authorization !== undefined) assertKeepable(authorization);
    assertEnds(code);
  } catch (thrown) {
    return { type: 'settled', outcome: failed(thrown) };
  }
  return authorization === undefined
    ? { type: 'absent', redemption: { code, codeHash } }
    : { type: 'insertion', insertion: { code, codeHash, authorization: withoutChallenge(authorization) } };
}

/** The challenge has been answered: a grant has no more use for it (RFC 7636 §4.6), and rows that rotate are to be short. */
function withoutChallenge({ pkce: _answered, ...authorization }: Authorization): Authorization {
  return authorization;
}

async function insert(
  insertions: readonly Placed<Insertion>[],
  { durable, clock, staticUsers }: RedeemOptions,
): Promise<Map<number, Outcome<Ruling>>> {
  const { firsts, followers } = raceWithinBatch(insertions);
  const now = clock.now();
  const options = {
    // The codes are distinct here; one grant id meant for two of them must fail alone.
    keyOf: (item: Insertion): string => item.code.grantId,
    run: (items: readonly Insertion[]): Promise<readonly FoundGrant[]> =>
      durable.insertGrants(
        items.map(({ code, ...item }) => newGrant({ ...item, grantId: code.grantId, ends: code }, now)),
        now,
      ),
  };
  const outcomes = new Map<number, Outcome<Ruling>>();
  const settled = await runBatch(firsts, options);
  for (const { position, item } of firsts) {
    const answer = settled.get(position);
    if (answer !== undefined) {
      outcomes.set(position, answer.ok ? succeeded(rule(item, answer.value, staticUsers)) : answer);
    }
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
  { durable, clock, staticUsers }: RedeemOptions,
): Promise<Map<number, Outcome<Ruling>>> {
  const settled = await runBatch(absent, {
    keyOf: (item) => item.code.codeId,
    run: (items) =>
      durable.revokeByCode(
        items.map(({ code, codeHash }) => ({ codeHash, grantId: code.grantId })),
        clock.now(),
      ),
  });
  const outcomes = new Map<number, Outcome<Ruling>>();
  for (const { position, item } of absent) {
    const answer = settled.get(position);
    if (answer === undefined) continue;
    if (!answer.ok) outcomes.set(position, answer);
    else if (answer.value === undefined) outcomes.set(position, refused('unknown'));
    else outcomes.set(position, succeeded(rule(item, answer.value, staticUsers)));
  }
  return outcomes;
}

/**
 * A repetition of the redemption that won gets its grant again, unless a replay has revoked it meanwhile, or its person is
 * gone.
 */
function rule({ code }: Redemption, { grant, user }: FoundGrant, staticUsers: StaticUsers): Ruling {
  const isOwn = grant.id === code.grantId && grant.authorization.clientId === code.clientId;
  if (!isOwn || grant.revokedAt !== undefined) return { type: 'refused', refusal: 'replayed' };
  if (standingOf(grant.authorization, user, staticUsers).type === 'gone') return { type: 'user_gone', code };
  return { type: 'redeemed', grant };
}

function refused(refusal: CodeRefusal): Outcome<CodeOutcome> {
  return succeeded({ type: 'refused', refusal });
}
