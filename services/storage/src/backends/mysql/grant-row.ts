import { type GrantRow, READ_COLUMNS, type StoredGrant, storedGrantFromRow } from '../sql/grant-row.ts';

/** A row as the client gives it: what is compared byte by byte comes as bytes. */
export interface MysqlGrantRow extends Omit<GrantRow, 'subject' | 'attempt_id'> {
  readonly subject: Buffer;
  readonly attempt_id: Buffer | null;
  /** The server's clock when it held the row, in milliseconds since the epoch. */
  readonly server_ms: number;
}

/** What is read of a grant. The stored person is read beside it and not locked with it. */
const COLUMNS = `${READ_COLUMNS.map((column) => `g.${column}`).join(', ')},
  (SELECT u.body FROM tessera_records AS u WHERE u.kind = 'user' AND u.id = g.user_email) AS person,
  CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED) AS server_ms`;

/**
 * What every statement that reads grants begins with; then come WHERE and the rest.
 *
 * @param index by which rows are found, and in whose order they are locked.
 */
export function selectGrants(index: string): string {
  return `SELECT ${COLUMNS} FROM tessera_grants AS g FORCE INDEX (${index})`;
}

/** The grant of a row. */
export function storedGrant(row: MysqlGrantRow): StoredGrant {
  const attemptId = row.attempt_id === null ? null : row.attempt_id.toString();
  return storedGrantFromRow({
    ...row,
    subject: row.subject.toString(),
    attempt_id: attemptId,
    connector_data: new Uint8Array(row.connector_data),
  });
}
