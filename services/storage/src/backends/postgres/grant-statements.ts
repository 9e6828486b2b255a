import { REOPENED } from '../../rules/judge-rotation.ts';
import { tellRevocation } from './event-sql.ts';
import { codeColumns, newGrantColumns, reopenedColumns, revokedColumns } from './grant-items.ts';
import { GRANT_COLUMNS, PERSON_COLUMN } from './grant-row.ts';
import { rotateStatement } from './rotate-statement.ts';
import { type Statement, selectItems } from './statement.ts';

// Rows are locked in one order (ids, or code hashes), so that batches of different replicas do not deadlock. Under READ
// COMMITTED a locking SELECT waits for another writer and then judges the row as that one left it.

/** The statements that change grants, with or without the events of revocations. */
export interface GrantStatements {
  /** Inserts under unique code hashes; a hash that is taken by another grant revokes that grant. */
  readonly insert: Statement;
  /** Revokes what stands under code hashes, but for the grants the presenters mean. */
  readonly revokeByCode: Statement;
  readonly rotate: Statement;
  /** Revokes and gives the ids of what it revoked. */
  readonly revoke: Statement;
}

/** @param hasOutbox whether revocations write their events. */
export function grantStatements(hasOutbox: boolean): GrantStatements {
  return {
    insert: insertStatement(hasOutbox),
    revokeByCode: revokeByCodeStatement(hasOutbox),
    rotate: rotateStatement(hasOutbox),
    revoke: revokeStatement(hasOutbox),
  };
}

/** Parameters of the insert after the items: now, when it was sent by the server's clock, how long its caller waits. */
const INSERTED_NOW = `$${newGrantColumns.length + 1}::timestamptz`;
const INSERT_SENT = `$${newGrantColumns.length + 2}::timestamptz`;
const INSERT_PATIENCE = `$${newGrantColumns.length + 3}::float8`;
const IS_REPLAYED = 'g.id <> excluded.id AND g.revoked_at IS NULL';

/** The rival's id says who revoked the grant, so that only the statement that did it writes the event. */
const TELL_REPLAY = `,
  CASE WHEN g.revoked_by = ANY($1::uuid[]) AND g.revoked_at = ${INSERTED_NOW} THEN ${tellRevocation({
    grantId: 'g.id',
    reason: "'code_replayed'",
    now: INSERTED_NOW,
    eventId: 'g.revoked_by',
  })} END AS told`;

/**
 * Inserts nothing when it has lain before the server for longer than its caller waits: then the code is presented again,
 * which must not be taken for a replay of one that was redeemed.
 */
function insertStatement(hasOutbox: boolean): Statement {
  const names = newGrantColumns.map(({ name }) => name).join(', ');
  return {
    name: 'insert_grants',
    text: `
WITH item AS (
  ${selectItems(newGrantColumns)}
), moment AS MATERIALIZED (
  SELECT clock_timestamp() AS server_now
), placed AS (
  INSERT INTO tessera_grants AS g (${names}, last_used_at)
  SELECT ${names}, created_at FROM item, moment
  WHERE coalesce(extract(epoch FROM server_now - ${INSERT_SENT}) < ${INSERT_PATIENCE}, true) ORDER BY code_hash
  ON CONFLICT (code_hash) DO UPDATE SET
    revoked_at = CASE WHEN ${IS_REPLAYED} THEN ${INSERTED_NOW} ELSE g.revoked_at END,
    revoked_reason = CASE WHEN ${IS_REPLAYED} THEN 'code_replayed' ELSE g.revoked_reason END,
    revoked_by = CASE WHEN ${IS_REPLAYED} THEN excluded.id ELSE g.revoked_by END,
    ends_at = CASE WHEN ${IS_REPLAYED} THEN ${INSERTED_NOW} ELSE g.ends_at END
  RETURNING g.code_hash, ${GRANT_COLUMNS}, g.user_email, g.revoked_by
)
SELECT g.code_hash, ${GRANT_COLUMNS}, ${PERSON_COLUMN}, moment.server_now${hasOutbox ? TELL_REPLAY : ''}
FROM placed g, moment`,
  };
}

const IS_SPARED = 'locked.is_spared';

function revokeByCodeStatement(hasOutbox: boolean): Statement {
  const now = `$${codeColumns.length + 1}::timestamptz`;
  const tell = tellRevocation({ grantId: 'g.id', reason: "'code_replayed'", now });
  return {
    name: 'revoke_by_code',
    text: `
WITH item AS (
  ${selectItems(codeColumns)}
), locked AS (
  SELECT g.id, g.id = item.grant_id OR g.revoked_at IS NOT NULL AS is_spared
  FROM item JOIN tessera_grants g ON g.code_hash = item.code_hash
  ORDER BY g.code_hash FOR NO KEY UPDATE OF g
), written AS (
  UPDATE tessera_grants g SET
    revoked_at = CASE WHEN ${IS_SPARED} THEN g.revoked_at ELSE ${now} END,
    revoked_reason = CASE WHEN ${IS_SPARED} THEN g.revoked_reason ELSE 'code_replayed' END,
    ends_at = CASE WHEN ${IS_SPARED} THEN g.ends_at ELSE ${now} END
  FROM locked WHERE g.id = locked.id
  RETURNING g.code_hash, ${GRANT_COLUMNS}, g.user_email, ${IS_SPARED}
)
SELECT g.code_hash, ${GRANT_COLUMNS}, ${PERSON_COLUMN}${hasOutbox ? `, CASE WHEN NOT g.is_spared THEN ${tell} END AS told` : ''} FROM written g`,
  };
}

function revokeStatement(hasOutbox: boolean): Statement {
  const now = `$${revokedColumns.length + 1}::timestamptz`;
  const tell = tellRevocation({ grantId: 'id', reason: 'revoked_reason', now });
  return {
    name: 'revoke_grants',
    text: `
WITH item AS (
  ${selectItems(revokedColumns)}
), locked AS (
  SELECT g.id, item.reason FROM item JOIN tessera_grants g ON g.id = item.grant_id
  WHERE g.revoked_at IS NULL AND (item.client_id IS NULL OR item.client_id = g.client_id)
  ORDER BY g.id FOR NO KEY UPDATE OF g
), written AS (
  UPDATE tessera_grants g SET revoked_at = ${now}, revoked_reason = locked.reason, ends_at = ${now}
  FROM locked WHERE g.id = locked.id
  RETURNING g.id, g.revoked_reason
)
SELECT id${hasOutbox ? `, ${tell} AS told` : ''} FROM written`,
  };
}

/** Reopens the last rotation of grants that stand and are at the generation: `reopenRotation` in SQL. Gives their ids. */
export const REOPEN_ROTATIONS: Statement = {
  name: 'reopen_rotations',
  text: `
WITH item AS (
  ${selectItems(reopenedColumns)}
), locked AS (
  SELECT g.id FROM item JOIN tessera_grants g ON g.id = item.grant_id
  WHERE g.generation = item.generation AND g.rotated_at IS NOT NULL AND g.revoked_at IS NULL
  ORDER BY g.id FOR NO KEY UPDATE OF g
)
UPDATE tessera_grants g SET rotated_at = $3::timestamptz, attempt_id = '${REOPENED}' FROM locked WHERE g.id = locked.id
RETURNING g.id`,
};

/** Looks up grants and the stored people they are about. */
export const FIND_GRANTS: Statement = {
  name: 'find_grants',
  text: `
SELECT ${GRANT_COLUMNS}, ${PERSON_COLUMN}
FROM tessera_grants g
WHERE g.id = ANY($1::uuid[])`,
};

/**
 * Deletes a batch of what ended before $1, unless another replica is at it, and gives the latest end it met. It begins at
 * the end $4: before it lie the entries of earlier batches, which stay in the index for as long as any snapshot is older.
 */
export const DELETE_ENDED_GRANTS: Statement = {
  name: 'delete_ended_grants',
  text: `
WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock($3::bigint) AS is_ours
), ended AS (
  SELECT g.id, g.ends_at FROM turn, tessera_grants g
  WHERE turn.is_ours AND g.ends_at < $1::timestamptz AND g.ends_at >= $4::timestamptz
  ORDER BY g.ends_at LIMIT $2::integer FOR UPDATE OF g SKIP LOCKED
), deleted AS (
  DELETE FROM tessera_grants g USING ended WHERE g.id = ended.id RETURNING g.id
)
SELECT count(*)::integer AS deleted, (SELECT max(ends_at)::text FROM ended) AS reached FROM deleted`,
};
