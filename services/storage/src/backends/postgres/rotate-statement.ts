import { REOPENED, REOPENED_SECONDS } from '../../rules/judge-rotation.ts';
import { tellRevocation } from './event-sql.ts';
import { tokenColumns } from './grant-items.ts';
import { GRANT_COLUMN_NAMES, GRANT_COLUMNS, PERSON_COLUMN } from './grant-row.ts';
import { type Statement, selectItems } from './statement.ts';

/** From when the grant may be swept after a use: `endAfterUse` in SQL. `greatest` and `least` pass over nulls. */
const END_AFTER_USE = `CASE
      WHEN judged.idle_seconds = 0 THEN g.expires_at
      WHEN g.ends_at >= least(g.expires_at, $10::timestamptz + judged.idle_seconds * interval '1 second') THEN g.ends_at
      ELSE least(g.expires_at, $10::timestamptz + 2 * judged.idle_seconds * interval '1 second') END`;

/** How long the predecessor is let in after the rotation. */
const TOLERANCE = `greatest(reuse_seconds, CASE attempt_id WHEN '${REOPENED}' THEN ${REOPENED_SECONDS} ELSE 0 END)`;

/** The verdict on a row of `locked`: `judgeRotation` in SQL. */
const VERDICT = `CASE
    WHEN late >= $12::float8 THEN 'late'
    WHEN client_id <> presenter OR NOT is_refreshable OR presented > generation THEN 'unknown'
    WHEN revoked_at IS NOT NULL THEN 'revoked'
    WHEN expires_at <= $10::timestamptz
      OR (idle_seconds > 0 AND last_used_at + idle_seconds * interval '1 second' <= $10::timestamptz) THEN 'expired'
    WHEN presented < generation THEN CASE
      WHEN presented = generation - 1 AND (attempt_id = attempt
        OR (${TOLERANCE} > 0 AND $10::timestamptz < rotated_at + ${TOLERANCE} * interval '1 second')) THEN 'unchanged'
      ELSE 'reused' END
    WHEN NOT rotates AND (attempt_id = attempt
      OR (reuse_seconds > 0 AND $10::timestamptz < last_used_at + reuse_seconds * interval '1 second')) THEN 'unchanged'
    WHEN refreshes_upstream AND new_identity IS NULL THEN 'upstream_first'
    WHEN rotates THEN 'rotated'
    ELSE 'used' END`;

const TELL_REUSE = `,
  CASE WHEN verdict = 'reused' THEN ${tellRevocation({
    grantId: 'id',
    reason: "'reused'",
    now: '$10::timestamptz',
  })} END AS told`;

/**
 * Judges and rotates, unless the statement has lain before the server for longer than its caller waits ($12, seconds since
 * it was sent at $11 by the server's clock): then the caller presents the same token again, and must not be taken for
 * somebody who reuses it. That is judged when all its rows are held: waiting for a row is lying there too. What ran late
 * counts as rotated when it ran. Gives the rows as they were judged, with the verdict;
 * the same rules as `judgeRotation` and `settleRotation`, which the caller applies to what it gets. A rotation costs the
 * same with and without events.
 */
export function rotateStatement(hasOutbox: boolean): Statement {
  return {
    name: 'rotate_grants',
    text: `
WITH item AS (
  ${selectItems(tokenColumns)}
), locked AS (
  SELECT ${GRANT_COLUMNS}, g.client_id, g.is_refreshable, g.refreshes_upstream, g.rotated_at, g.attempt_id, item.*,
    ${PERSON_COLUMN}
  FROM item JOIN tessera_grants g ON g.id = item.grant_id
  ORDER BY g.id FOR NO KEY UPDATE OF g
), moment AS MATERIALIZED (
  SELECT statement_timestamp() AS server_now, coalesce(extract(epoch FROM clock_timestamp() - $11::timestamptz), 0) AS late
  FROM (SELECT count(*) FROM locked) all_held
), judged AS (
  SELECT *, CASE WHEN late < 1 THEN $10::timestamptz ELSE $10::timestamptz + late * interval '1 second' END AS ran_at,
    ${VERDICT} AS verdict
  FROM locked, moment
), written AS (
  UPDATE tessera_grants g SET
    generation = CASE judged.verdict WHEN 'rotated' THEN g.generation + 1 ELSE g.generation END,
    rotated_at = CASE judged.verdict WHEN 'rotated' THEN judged.ran_at ELSE g.rotated_at END,
    last_used_at = CASE judged.verdict WHEN 'reused' THEN g.last_used_at ELSE $10::timestamptz END,
    attempt_id = CASE judged.verdict WHEN 'reused' THEN g.attempt_id ELSE judged.attempt END,
    identity = CASE judged.verdict WHEN 'reused' THEN g.identity ELSE coalesce(judged.new_identity, g.identity) END,
    connector_data = CASE judged.verdict WHEN 'reused' THEN g.connector_data
      ELSE coalesce(judged.new_data, g.connector_data) END,
    ends_at = CASE judged.verdict WHEN 'reused' THEN $10::timestamptz ELSE ${END_AFTER_USE} END,
    revoked_at = CASE judged.verdict WHEN 'reused' THEN $10::timestamptz END,
    revoked_reason = CASE judged.verdict WHEN 'reused' THEN 'reused' END
  FROM judged WHERE g.id = judged.id AND judged.verdict IN ('rotated', 'used', 'reused')
)
SELECT ${GRANT_COLUMN_NAMES.join(', ')}, person, verdict, server_now${hasOutbox ? TELL_REUSE : ''}
FROM judged`,
  };
}
