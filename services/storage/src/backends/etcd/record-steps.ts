import type { RecordKind, StoredRecord } from '../../ports.ts';
import { recordKinds } from '../../rules/record-kinds.ts';
import type { Keyspace } from './keyspace.ts';
import type { RequestOp } from './protocol.ts';
import { recordToJson } from './record-value.ts';
import { put, remove } from './steps.ts';

/** Most steps of {@link removalSteps}. */
export const REMOVAL_STEPS = 3;

/** Steps that put a record in the place of another, with everything it is found by. */
export function recordSteps(
  keys: Keyspace,
  kind: RecordKind,
  before: StoredRecord | undefined,
  after: StoredRecord,
): readonly RequestOp[] {
  const [old, fresh] = [before === undefined ? [] : indexKeys(keys, kind, before), indexKeys(keys, kind, after)];
  const isAmong = (some: readonly Buffer[]) => (key: Buffer) => some.some((other) => other.equals(key));
  return [
    put(keys.records(kind).key(after.id), recordToJson(after)),
    ...old.filter((key) => !isAmong(fresh)(key)).map(remove),
    ...fresh.filter((key) => !isAmong(old)(key)).map((key) => put(key)),
    ...countSteps(keys, kind),
  ];
}

/** Steps that remove a record and everything it is found by. */
export function removalSteps(keys: Keyspace, kind: RecordKind, record: StoredRecord): readonly RequestOp[] {
  return [remove(keys.records(kind).key(record.id)), ...indexKeys(keys, kind, record).map(remove)];
}

/** The step that counts a watched kind's revision up, if it is one. */
export function countSteps(keys: Keyspace, kind: RecordKind): readonly RequestOp[] {
  return recordKinds[kind].isWatched ? [put(keys.revision(kind))] : [];
}

function indexKeys(keys: Keyspace, kind: RecordKind, { id, owner, expiresAt }: StoredRecord): readonly Buffer[] {
  return [
    ...(owner === undefined ? [] : [keys.owners(kind, owner).key(id)]),
    ...(expiresAt === undefined ? [] : [keys.expiring.key(expiresAt.getTime(), kind, id)]),
  ];
}
