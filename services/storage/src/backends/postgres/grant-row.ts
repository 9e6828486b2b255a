import { grantFromColumns, userFromColumns } from '../../codec/grant-columns.ts';
import type { FoundGrant } from '../../ports.ts';

/** Columns of a grant, of the table alias `g`. */
export const GRANT_COLUMNS = `g.id, g.terms, g.identity, g.connector_data, g.generation, g.created_at, g.last_used_at,
  g.expires_at, g.revoked_at`;

/** Columns of the stored person a grant is about, of the table alias `u`. */
export const PERSON_COLUMNS =
  'u.email AS person_email, u.identity AS person_identity, u.password_hash AS person_hash, u.is_enabled AS person_enabled';

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

/** A row of {@link PERSON_COLUMNS}, from an outer join. */
export interface PersonRow {
  readonly person_email: string | null;
  readonly person_identity: string | null;
  readonly person_hash: string | null;
  readonly person_enabled: boolean | null;
}

/** The grant of a row. */
export function grantFromRow(row: GrantRow): FoundGrant['grant'] {
  return grantFromColumns({
    id: row.id,
    terms: row.terms,
    identity: row.identity,
    connectorData: row.connector_data,
    generation: Number(row.generation),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  });
}

/** The grant of a row, and the stored person it is about. */
export function foundFromRow(row: GrantRow & PersonRow): FoundGrant {
  const grant = grantFromRow(row);
  if (row.person_email === null || row.person_identity === null) return { grant };
  const user = userFromColumns({
    email: row.person_email,
    identity: row.person_identity,
    passwordHash: row.person_hash ?? '',
    isEnabled: row.person_enabled === true,
  });
  return { grant, user };
}
