import type { Statement } from './database.ts';
import { GRANT_COLUMNS, PERSON_COLUMNS } from './grant-row.ts';

// Rows are locked in one order (ids, or code hashes), so that batches of different replicas do not deadlock. Under READ
// COMMITTED a locking SELECT waits for another writer and then judges the row as that one left it.

/** Inserts under unique code hashes; a hash that is taken by another grant revokes that grant. */
export const INSERT_GRANTS: Statement = {
  name: 'insert_grants',
  text: `
WITH item AS (
  SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::boolean[], $5::boolean[], $6::text[], $7::text[],
    $8::bytea[], $9::text[], $10::text[], $11::timestamptz[])
  AS item(id, code_hash, client_id, is_refreshable, refreshes_upstream, terms, identity, connector_data, user_email,
    user_id, expires_at)
)
INSERT INTO tessera_grants AS g (id, code_hash, client_id, is_refreshable, refreshes_upstream, terms, identity,
  connector_data, user_email, user_id, expires_at, created_at, last_used_at)
SELECT item.*, $12::timestamptz, $12::timestamptz FROM item ORDER BY code_hash
ON CONFLICT (code_hash) DO UPDATE SET
  revoked_at = CASE WHEN g.id = excluded.id THEN g.revoked_at ELSE coalesce(g.revoked_at, excluded.created_at) END,
  revoked_reason = CASE WHEN g.id = excluded.id OR g.revoked_at IS NOT NULL THEN g.revoked_reason
    ELSE 'code_replayed' END
RETURNING g.code_hash, ${GRANT_COLUMNS}`,
};

/** Revokes what stands under code hashes, but for the grants the presenters mean. */
export const REVOKE_BY_CODE: Statement = {
  name: 'revoke_by_code',
  text: `
WITH item AS (
  SELECT * FROM unnest($1::bytea[], $2::uuid[]) AS item(code_hash, grant_id)
), locked AS (
  SELECT g.id, item.grant_id FROM item JOIN tessera_grants g ON g.code_hash = item.code_hash
  ORDER BY g.code_hash FOR NO KEY UPDATE OF g
)
UPDATE tessera_grants g SET
  revoked_at = CASE WHEN g.id = locked.grant_id THEN g.revoked_at ELSE coalesce(g.revoked_at, $3::timestamptz) END,
  revoked_reason = CASE WHEN g.id = locked.grant_id OR g.revoked_at IS NOT NULL THEN g.revoked_reason
    ELSE 'code_replayed' END
FROM locked WHERE g.id = locked.id
RETURNING g.code_hash, ${GRANT_COLUMNS}`,
};

/**
 * Judges and rotates, unless the statement has lain before the server for longer than its caller waits ($12, seconds since
 * it was sent at $11 by the server's clock): then the caller presents the same token again, and must not be taken for
 * somebody who reuses it. What ran late counts as rotated when it ran. Gives the rows as they were judged, with the verdict; the same rules as `judgeRotation` and
 * `settleRotation`, which the caller applies to what it gets.
 */
export const ROTATE_GRANTS: Statement = {
  name: 'rotate_grants',
  text: `
WITH item AS (
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[], $5::float8[], $6::float8[], $7::text[],
    $8::text[], $9::bytea[])
  AS item(grant_id, presented, presenter, rotates, reuse_seconds, idle_seconds, attempt, new_identity, new_data)
), locked AS (
  SELECT ${GRANT_COLUMNS}, g.client_id, g.is_refreshable, g.refreshes_upstream, g.rotated_at, g.attempt_id, item.*,
    ${PERSON_COLUMNS},
    CASE WHEN u.is_enabled AND u.user_id = g.user_id THEN u.identity END AS present_identity
  FROM item JOIN tessera_grants g ON g.id = item.grant_id LEFT JOIN tessera_users u ON u.email = g.user_email
  ORDER BY g.id FOR NO KEY UPDATE OF g
), moment AS MATERIALIZED (
  SELECT clock_timestamp() AS server_now, coalesce(extract(epoch FROM clock_timestamp() - $11::timestamptz), 0) AS late
), judged AS (
  SELECT *, CASE WHEN late < 1 THEN $10::timestamptz ELSE $10::timestamptz + late * interval '1 second' END AS ran_at,
    CASE
    WHEN late >= $12::float8 THEN 'late'
    WHEN client_id <> presenter OR NOT is_refreshable OR presented > generation THEN 'unknown'
    WHEN revoked_at IS NOT NULL THEN 'revoked'
    WHEN expires_at <= $10::timestamptz
      OR (idle_seconds > 0 AND last_used_at + idle_seconds * interval '1 second' <= $10::timestamptz) THEN 'expired'
    WHEN presented < generation THEN CASE
      WHEN presented = generation - 1 AND (attempt_id = attempt
        OR (reuse_seconds > 0 AND $10::timestamptz < rotated_at + reuse_seconds * interval '1 second')) THEN 'unchanged'
      ELSE 'reused' END
    WHEN NOT rotates AND (attempt_id = attempt
      OR (reuse_seconds > 0 AND $10::timestamptz < last_used_at + reuse_seconds * interval '1 second')) THEN 'unchanged'
    WHEN refreshes_upstream AND new_identity IS NULL THEN 'upstream_first'
    WHEN rotates THEN 'rotated'
    ELSE 'used' END AS verdict
  FROM locked, moment
), written AS (
  UPDATE tessera_grants g SET
    generation = CASE judged.verdict WHEN 'rotated' THEN g.generation + 1 ELSE g.generation END,
    rotated_at = CASE judged.verdict WHEN 'rotated' THEN judged.ran_at ELSE g.rotated_at END,
    last_used_at = CASE judged.verdict WHEN 'reused' THEN g.last_used_at ELSE $10::timestamptz END,
    attempt_id = CASE judged.verdict WHEN 'reused' THEN g.attempt_id ELSE judged.attempt END,
    identity = CASE judged.verdict WHEN 'reused' THEN g.identity
      ELSE coalesce(judged.new_identity, judged.present_identity, g.identity) END,
    connector_data = CASE judged.verdict WHEN 'reused' THEN g.connector_data
      ELSE coalesce(judged.new_data, g.connector_data) END,
    revoked_at = CASE judged.verdict WHEN 'reused' THEN $10::timestamptz END,
    revoked_reason = CASE judged.verdict WHEN 'reused' THEN 'reused' END
  FROM judged WHERE g.id = judged.id AND judged.verdict IN ('rotated', 'used', 'reused')
)
SELECT id, terms, identity, connector_data, generation, created_at, last_used_at, expires_at, revoked_at, verdict, server_now,
  person_email, person_identity, person_hash, person_enabled
FROM judged`,
};

/** Revokes and gives the ids of what it revoked. */
export const REVOKE_GRANTS: Statement = {
  name: 'revoke_grants',
  text: `
WITH item AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS item(grant_id, client_id, reason)
), locked AS (
  SELECT g.id, item.reason FROM item JOIN tessera_grants g ON g.id = item.grant_id
  WHERE g.revoked_at IS NULL AND (item.client_id IS NULL OR item.client_id = g.client_id)
  ORDER BY g.id FOR NO KEY UPDATE OF g
)
UPDATE tessera_grants g SET revoked_at = $4::timestamptz, revoked_reason = locked.reason
FROM locked WHERE g.id = locked.id
RETURNING g.id`,
};

/** Looks up grants and the stored people they are about. */
export const FIND_GRANTS: Statement = {
  name: 'find_grants',
  text: `
SELECT ${GRANT_COLUMNS}, ${PERSON_COLUMNS}
FROM tessera_grants g LEFT JOIN tessera_users u ON u.email = g.user_email
WHERE g.id = ANY($1::uuid[])`,
};

/** Deletes a batch of what ended long ago, unless another replica is at it. */
export const DELETE_EXPIRED_GRANTS: Statement = {
  name: 'delete_expired_grants',
  text: `
WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock($3::bigint) AS is_ours
), ended AS (
  SELECT g.id FROM turn, tessera_grants g
  WHERE turn.is_ours AND coalesce(g.expires_at, g.revoked_at) < $1::timestamptz
  ORDER BY coalesce(g.expires_at, g.revoked_at) LIMIT $2::integer FOR UPDATE OF g SKIP LOCKED
), deleted AS (
  DELETE FROM tessera_grants g USING ended WHERE g.id = ended.id RETURNING g.id
)
SELECT count(*)::integer AS deleted FROM deleted`,
};
