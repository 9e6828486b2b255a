import { laneSql } from './event-sql.ts';
import {
  EXPECTS_ANYTHING,
  EXPECTS_NOTHING,
  eventColumns,
  importedColumns,
  RECORD_COLUMNS,
  removedColumns,
  soughtColumns,
  writtenColumns,
} from './record-items.ts';
import { type Statement, selectItems } from './statement.ts';

/** The statements that change records, with or without their events. */
export interface RecordStatements {
  /** Gives kind, id and new version of what it wrote. */
  readonly write: Statement;
  /** Gives kind and id of what it removed. */
  readonly remove: Statement;
}

/** @param hasOutbox whether events are kept. */
export function recordStatements(hasOutbox: boolean): RecordStatements {
  return { write: writeStatement(hasOutbox), remove: removeStatement(hasOutbox) };
}

/** Counts up the revisions of the watched kinds in `changed`; their rows stay locked until the commit. */
function countUp(changed: string, watched: string): string {
  return `counted AS (
  INSERT INTO tessera_revisions AS v (name, value)
  SELECT kind, count(*) FROM ${changed} WHERE kind = ANY(${watched}::text[]) GROUP BY kind ORDER BY kind
  ON CONFLICT (name) DO UPDATE SET value = v.value + excluded.value
)`;
}

/** Inserts the events of the records in `changed`, in the order in which they were given. */
function insertEvents(changed: string, first: number): string {
  return `told AS (
  INSERT INTO tessera_outbox (id, type, key, lane, time, data)
  SELECT e.event_id, e.type, e.key, ${laneSql('e.key')}, e.time, e.data
  FROM (${selectItems(eventColumns, first)}) e
    JOIN item i ON i.ordinal = e.item JOIN ${changed} c ON c.kind = i.kind AND c.id = i.id
  ORDER BY e.ordinal
  ON CONFLICT (id) DO NOTHING
)`;
}

/**
 * Rows that are there are locked first, in one order, and then judged as their last writer left them. Rows that are not there
 * are inserted, and who meets one that somebody inserted meanwhile takes it for what it is: the wrong one, unless
 * anything was expected.
 */
function writeStatement(hasOutbox: boolean): Statement {
  const now = `$${writtenColumns.length + 1}::timestamptz`;
  const watched = writtenColumns.length + 2;
  return {
    name: 'write_records',
    text: `
WITH item AS (
  ${selectItems(writtenColumns)}
), locked AS (
  SELECT r.kind, r.id, CASE WHEN r.expires_at <= ${now} THEN ${EXPECTS_NOTHING} ELSE r.version END AS version
  FROM item JOIN tessera_records r ON r.kind = item.kind AND r.id = item.id
  ORDER BY r.kind, r.id FOR UPDATE OF r
), fitting AS (
  SELECT item.* FROM item LEFT JOIN locked ON locked.kind = item.kind AND locked.id = item.id
  WHERE item.expected IN (${EXPECTS_ANYTHING}, coalesce(locked.version, ${EXPECTS_NOTHING}))
), written AS (
  INSERT INTO tessera_records AS r (kind, id, version, body, owner, expires_at)
  SELECT kind, id, 1, body, owner, expires_at FROM fitting ORDER BY kind, id
  ON CONFLICT (kind, id) DO UPDATE SET
    version = CASE WHEN r.expires_at <= ${now} THEN 1 ELSE r.version + 1 END,
    body = excluded.body, owner = excluded.owner, expires_at = excluded.expires_at
  WHERE r.expires_at <= ${now} OR EXISTS (SELECT FROM fitting f
    WHERE f.kind = excluded.kind AND f.id = excluded.id AND f.expected <> ${EXPECTS_NOTHING})
  RETURNING r.kind, r.id, r.version
), ${countUp('written', `$${watched}`)}${hasOutbox ? `, ${insertEvents('written', watched + 1)}` : ''}
SELECT kind, id, version FROM written`,
  };
}

function removeStatement(hasOutbox: boolean): Statement {
  const now = `$${removedColumns.length + 1}::timestamptz`;
  const watched = removedColumns.length + 2;
  return {
    name: 'remove_records',
    text: `
WITH item AS (
  ${selectItems(removedColumns)}
), locked AS (
  SELECT r.kind, r.id FROM item JOIN tessera_records r ON r.kind = item.kind AND r.id = item.id
  WHERE (r.expires_at IS NULL OR r.expires_at > ${now}) AND item.expected IN (${EXPECTS_ANYTHING}, r.version)
  ORDER BY r.kind, r.id FOR UPDATE OF r
), removed AS (
  DELETE FROM tessera_records r USING locked WHERE r.kind = locked.kind AND r.id = locked.id RETURNING r.kind, r.id
), ${countUp('removed', `$${watched}`)}${hasOutbox ? `, ${insertEvents('removed', watched + 1)}` : ''}
SELECT kind, id FROM removed`,
  };
}

/** Reads records that have not expired at the last parameter. */
export const GET_RECORDS: Statement = {
  name: 'get_records',
  text: `
SELECT ${RECORD_COLUMNS} FROM (${selectItems(soughtColumns)}) item
  JOIN tessera_records r ON r.kind = item.kind AND r.id = item.id
WHERE r.expires_at IS NULL OR r.expires_at > $${soughtColumns.length + 1}::timestamptz`,
};

/**
 * Lists records of kind $1 with ids greater than $2, at most $3, not expired at $4 and, when asked for, owned by $5. The
 * revision is of the same snapshot, so a list is never older than its label, on a replica either.
 */
export function listStatement(isByOwner: boolean): Statement {
  return {
    name: 'list_records',
    ...(isByOwner ? { variant: 'by_owner' } : {}),
    text: `
SELECT coalesce(v.value, 0) AS revision, r.*
FROM (SELECT) one LEFT JOIN tessera_revisions v ON v.name = $1::text
  LEFT JOIN LATERAL (
    SELECT ${RECORD_COLUMNS} FROM tessera_records r
    WHERE r.kind = $1::text${isByOwner ? ' AND r.owner = $5::text' : ''} AND r.id > $2::text
      AND (r.expires_at IS NULL OR r.expires_at > $4::timestamptz)
    ORDER BY r.id LIMIT $3::integer
  ) r ON true
ORDER BY r.id`,
  };
}

/** Reads the revisions of the kinds in $1. */
export const REVISIONS: Statement = {
  name: 'revisions',
  text: 'SELECT name, value FROM tessera_revisions WHERE name = ANY($1::text[])',
};

/** Deletes a batch of what expired before $1, beginning at the expiry $4, as the statement for ended grants does. */
export const DELETE_EXPIRED_RECORDS: Statement = {
  name: 'delete_expired_records',
  text: `
WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock($3::bigint) AS is_ours
), ended AS (
  SELECT r.kind, r.id, r.expires_at FROM turn, tessera_records r
  WHERE turn.is_ours AND r.expires_at < $1::timestamptz AND r.expires_at >= $4::timestamptz
  ORDER BY r.expires_at LIMIT $2::integer FOR UPDATE OF r SKIP LOCKED
), deleted AS (
  DELETE FROM tessera_records r USING ended WHERE r.kind = ended.kind AND r.id = ended.id RETURNING r.id
)
SELECT count(*)::integer AS deleted, (SELECT max(expires_at)::text FROM ended) AS reached FROM deleted`,
};

/** Inserts records with their versions where there is none, and counts the revisions of the watched kinds up. */
export const IMPORT_RECORDS: Statement = {
  name: 'import_records',
  text: `
WITH written AS (
  INSERT INTO tessera_records (kind, id, body, owner, expires_at, version)
  SELECT kind, id, body, owner, expires_at, version FROM (${selectItems(importedColumns)}) item ORDER BY kind, id
  ON CONFLICT (kind, id) DO NOTHING RETURNING kind
), ${countUp('written', `$${importedColumns.length + 1}`)}
SELECT count(*)::integer AS imported FROM written`,
};
