import { type GrantColumns, grantFromColumns } from '../../codec/grant-columns.ts';
import { userFromJson } from '../../codec/user-json.ts';
import type { FoundGrant } from '../../ports.ts';

/** Names of the columns of a grant. */
export const GRANT_COLUMN_NAMES = [
  'id',
  'terms',
  'identity',
  'connector_data',
  'generation',
  'created_at',
  'last_used_at',
  'expires_at',
  'revoked_at',
] as const;

/** Columns of a grant, of the table alias `g`. */
export const GRANT_COLUMNS = GRANT_COLUMN_NAMES.map((name) => `g.${name}`).join(', ');

/**
 * The stored person a grant `g` is about. Not a join: with few people yet, a plan would be made that reads all of them, and
 * kept when they are many.
 */
export const PERSON_COLUMN = `CASE WHEN g.user_email IS NOT NULL THEN
    (SELECT u.body FROM tessera_records u WHERE u.kind = 'user' AND u.id = g.user_email) END AS person`;

/** A row of {@link GRANT_COLUMNS}. */
export interface GrantRow {
  readonly id: string;
  readonly terms: string;
  readonly identity: string;
  readonly connector_data: Buffer;
  /** The client gives `bigint` as text. */
  readonly generation: string;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/** A row of {@link PERSON_COLUMN}. */
export interface PersonRow {
  /** Null: there is none, or another connector knows the person. */
  readonly person: string | null;
}

/** The grant of a row. */
export function grantFromRow(row: GrantRow): FoundGrant['grant'] {
  const columns: GrantColumns = {
    id: row.id,
    terms: row.terms,
    identity: row.identity,
    connectorData: row.connector_data,
    generation: Number(row.generation),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
  return grantFromColumns(columns);
}

/** The grant of a row, and the stored person it is about. */
export function foundFromRow(row: GrantRow & PersonRow): FoundGrant {
  const grant = grantFromRow(row);
  return row.person === null ? { grant } : { grant, user: userFromJson(row.person) };
}
