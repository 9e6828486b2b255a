import type { RotationToReopen, TokenToRotate } from '@tessera/contracts';
import type { JudgedGrant } from '../../ports.ts';
import { REFRESH_TOKEN_REUSED } from '../../rules/grant-events.ts';
import { judgeRotation, type RotationVerdict, reopenRotation, settleRotation } from '../../rules/judge-rotation.ts';
import type { Settled } from './compare-and-set.ts';
import { revokeStored } from './grant-revocation.ts';
import { changeSteps } from './grant-steps.ts';
import { grantFromJson, type StoredGrant } from './grant-value.ts';
import { createLateRotations, type SentRotation } from './late-rotations.ts';
import { inParallel } from './parallel.ts';
import { personKey, withPeople, withPerson } from './people.ts';
import type { RequestOp } from './protocol.ts';
import { get } from './steps.ts';
import type { StoreParts } from './store-parts.ts';

/** Rotating refresh tokens, each in a transaction of its own. */
export interface GrantRotation {
  /** Each fails alone; one that was made and cannot be answered is reopened. */
  rotate(tokens: readonly TokenToRotate[], now: Date): Promise<readonly (JudgedGrant | undefined)[]>;
  reopen(rotation: RotationToReopen, now: Date): Promise<boolean>;
  /** Ends what goes on in the background. */
  close(): void;
}

interface Judged {
  readonly verdict: RotationVerdict;
  readonly after: StoredGrant;
}

/** Rotating refresh tokens in etcd. Each is judged just before its transaction, as the grant stands then. */
export function createGrantRotation(parts: StoreParts): GrantRotation {
  const { connection, keys, changes, clock } = parts;
  const reopen = async (rotation: RotationToReopen, now: Date): Promise<boolean> => {
    const { result } = await changes.run(keys.grants.key(rotation.grantId), (read) => {
      if (read === undefined) return { result: false, steps: [] };
      const before = grantFromJson(read.value.toString());
      const after = reopenRotation(before, rotation, now);
      return after === before
        ? { result: false, steps: [] }
        : { result: true, steps: changeSteps(keys, before, after) };
    });
    return result;
  };
  const late = createLateRotations(reopen);

  const change = async (token: TokenToRotate, nowOf: () => Date, tell: (sent?: SentRotation) => void) =>
    changes.run<Judged | undefined>(keys.grants.key(token.grantId), (read) => {
      tell();
      if (read === undefined) return { result: undefined, steps: [] };
      const now = nowOf();
      const { judged, steps } = judge(parts, grantFromJson(read.value.toString()), { token, now });
      const rotation = { grantId: token.grantId, generation: token.generation + 1 };
      if (judged.verdict === 'rotated') tell({ rotation, judgedAt: now, sentMs: performance.now() });
      const person = personKey(keys, judged.after.grant.authorization);
      // The person is read in the same transaction.
      return { result: judged, steps: steps.length === 0 || person === undefined ? steps : [...steps, get(person)] };
    });
  const answer = async ({ result, responses }: Settled<Judged | undefined>): Promise<JudgedGrant | undefined> => {
    if (result === undefined) return undefined;
    const { verdict, after } = result;
    const isRead = responses.length > 0 && personKey(keys, after.grant.authorization) !== undefined;
    if (isRead) return { verdict, ...withPerson(after, responses.at(-1)?.response_range?.kvs[0]) };
    const [found] = responses.length > 0 ? [] : await withPeople(connection, keys, [after]);
    return { verdict, ...(found ?? { grant: after.grant }) };
  };
  const rotateOne = async (token: TokenToRotate, nowOf: () => Date): Promise<JudgedGrant | undefined> => {
    let sent: SentRotation | undefined;
    try {
      const settled = await change(token, nowOf, (next) => {
        sent = next;
      });
      if (sent !== undefined) await late.reopenSlow(sent);
      return await answer(settled);
    } catch (thrown) {
      if (sent !== undefined) late.follow(sent);
      throw thrown;
    }
  };
  return {
    async rotate(tokens, now) {
      const startedAt = clock.now().getTime();
      // Whoever waited for others is judged by the time when it is their turn.
      const nowOf = (): Date => new Date(now.getTime() + Math.max(0, clock.now().getTime() - startedAt));
      return inParallel(tokens, (token) => rotateOne(token, nowOf));
    },
    reopen,
    close: () => late.close(),
  };
}

function judge(
  parts: StoreParts,
  before: StoredGrant,
  { token, now }: { readonly token: TokenToRotate; readonly now: Date },
): { readonly judged: Judged; readonly steps: readonly RequestOp[] } {
  const verdict = judgeRotation(before, token, now);
  if (verdict === 'reused') {
    const { after, steps } = revokeStored(parts, before, { reason: REFRESH_TOKEN_REUSED, now });
    return { judged: { verdict, after }, steps };
  }
  const after = settleRotation(before, { verdict, token, now });
  return { judged: { verdict, after }, steps: after === before ? [] : changeSteps(parts.keys, before, after) };
}
