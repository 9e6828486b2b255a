import { grantToJson, membersOf, type StoredGrant } from './grant-value.ts';
import type { Keyspace } from './keyspace.ts';
import type { RequestOp } from './protocol.ts';
import { put, remove } from './steps.ts';

/** What an index says of a revoked grant, so that whoever looks for standing ones need not read it. */
const REVOKED = 'revoked';

/** Whether an index entry is of a grant that stands, as far as the index was read. */
export function isStanding({ value }: { readonly value: Buffer }): boolean {
  return value.toString() !== REVOKED;
}

/** Most steps of {@link removalSteps}. */
export const REMOVAL_STEPS = 7;

/** Steps that put a new grant and everything it is found by. */
export function insertionSteps(keys: Keyspace, stored: StoredGrant): readonly RequestOp[] {
  const { grant, codeHash, endsAt } = stored;
  return [
    put(keys.grants.key(grant.id), grantToJson(stored)),
    put(keys.codes.key(codeHash), grant.id),
    ...memberSteps(keys, stored),
    ...(endsAt === undefined ? [] : [put(keys.ends.key(endsAt.getTime(), grant.id))]),
  ];
}

/** Steps from one state of a grant to the next. */
export function changeSteps(keys: Keyspace, before: StoredGrant, after: StoredGrant): readonly RequestOp[] {
  const { id } = after.grant;
  const [from, to] = [before.endsAt?.getTime(), after.endsAt?.getTime()];
  const isRevokedNow = before.grant.revokedAt === undefined && after.grant.revokedAt !== undefined;
  return [
    put(keys.grants.key(id), grantToJson(after)),
    ...(from === undefined || from === to ? [] : [remove(keys.ends.key(from, id))]),
    ...(to === undefined || from === to ? [] : [put(keys.ends.key(to, id))]),
    ...(isRevokedNow ? memberSteps(keys, after) : []),
  ];
}

/** Steps that remove a grant and everything it is found by. */
export function removalSteps(keys: Keyspace, stored: StoredGrant): readonly RequestOp[] {
  const { grant, codeHash, endsAt } = stored;
  return [
    remove(keys.grants.key(grant.id)),
    remove(keys.codes.key(codeHash)),
    ...membersOf(stored).map(([member, value]) => remove(keys.by(member, value).key(grant.id))),
    ...(endsAt === undefined ? [] : [remove(keys.ends.key(endsAt.getTime(), grant.id))]),
  ];
}

function memberSteps(keys: Keyspace, stored: StoredGrant): readonly RequestOp[] {
  const { id, revokedAt } = stored.grant;
  const value = revokedAt === undefined ? '' : REVOKED;
  return membersOf(stored).map(([member, wanted]) => put(keys.by(member, wanted).key(id), value));
}
