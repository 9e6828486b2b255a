import type { Clock } from '@tessera/clock';
import type {
  Authorization,
  CodeOutcome,
  CodeRefusal,
  CodeToRedeem,
  Grant,
  StorageWriteApi,
  User,
} from '@tessera/contracts';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import { userFromJson } from '../codec/user-json.ts';
import type { EphemeralStore, GrantStore, RecordStore } from '../ports.ts';
import { passwordUserEmail } from '../rules/password-user.ts';
import { refusalOfCode } from '../rules/redeemable.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';
import { assertEnds, assertKeepable, hashOfCode, invalidGrantId, newGrant } from './new-grant.ts';
import { type StaticUsers, standingOf } from './users.ts';

/** What redeeming needs. */
export interface RedeemOptions {
  readonly clock: Clock;
  readonly ephemeral: EphemeralStore;
  readonly durable: GrantStore & Pick<RecordStore, 'getRecords'>;
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
 * stays until it expires, so that a replay is known as one. That a person of the password database still stands is asked
 * before (N40), by one more statement where they are not of the configuration file.
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
    const { standing, gone } = await partByStanding(insertions, options);
    for (const [position, outcome] of gone) outcomes.set(position, outcome);
    const [inserted, replayed] = await Promise.all([insert(standing, options), revokeAbsent(absent, options)]);
    for (const [position, outcome] of [...inserted, ...replayed]) outcomes.set(position, outcome);
    return codes.map((_, position) => outcomes.get(position) ?? failed(new Error('a code without an outcome')));
  };
}

type Judged =
  | { readonly type: 'settled'; readonly outcome: Outcome<CodeOutcome> }
  | { readonly type: 'absent'; readonly redemption: Redemption }
  | { readonly type: 'insertion'; readonly insertion: Insertion };

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

/**
 * Parts those whose person may still sign in from those whose person is gone or disabled since the code was given. One that
 * is gone is told as an unknown code, and nothing is consumed.
 */
async function partByStanding(
  insertions: readonly Placed<Insertion>[],
  { durable, clock, staticUsers }: RedeemOptions,
): Promise<{ readonly standing: readonly Placed<Insertion>[]; readonly gone: Map<number, Outcome<CodeOutcome>> }> {
  const emails = insertions.flatMap(({ item }) => passwordUserEmail(item.authorization) ?? []);
  const stored = [...new Set(emails)].filter((email) => !staticUsers.has(email));
  const users = await findStoredUsers(stored, durable, clock.now()).then(succeeded, (thrown: unknown) =>
    failed(thrown),
  );
  const refusalOf = (authorization: Authorization): Outcome<CodeOutcome> | undefined => {
    const email = passwordUserEmail(authorization);
    if (email === undefined) return undefined;
    if (!users.ok && !staticUsers.has(email)) return users;
    const user = users.ok ? users.value.get(email) : undefined;
    return standingOf(authorization, user, staticUsers).type === 'gone' ? refused('unknown') : undefined;
  };
  const gone = new Map<number, Outcome<CodeOutcome>>();
  const standing = insertions.filter(({ position, item }) => {
    const refusal = refusalOf(item.authorization);
    if (refusal !== undefined) gone.set(position, refusal);
    return refusal === undefined;
  });
  return { standing, gone };
}

async function findStoredUsers(
  emails: readonly string[],
  durable: Pick<RecordStore, 'getRecords'>,
  now: Date,
): Promise<Map<string, User>> {
  if (emails.length === 0) return new Map();
  const records = await durable.getRecords(
    emails.map((id) => ({ kind: 'user' as const, id })),
    now,
  );
  return new Map(
    records.flatMap((record, position) => {
      const email = emails[position];
      return record === undefined || email === undefined ? [] : [[email, userFromJson(record.body)] as const];
    }),
  );
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
        items.map(({ code, ...item }) => newGrant({ ...item, grantId: code.grantId, ends: code }, now)),
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

function refused(refusal: CodeRefusal): Outcome<CodeOutcome> {
  return succeeded({ type: 'refused', refusal });
}
