import { grantFromColumns, userFromColumns } from '../../codec/grant-columns.ts';
import type { FoundGrant } from '../../ports.ts';
import type { GrantRecord } from '../../rules/judge-rotation.ts';

/** What every reading statement selects, from `grants AS g LEFT JOIN users AS u`. */
export const GRANT_COLUMNS = `g.id, g.terms, g.identity, g.connector_data, g.user_email, g.generation, g.created_at,
  g.last_used_at, g.rotated_at, g.attempt_id, g.expires_at, g.revoked_at,
  u.identity AS person, u.password_hash, u.is_enabled`;

/** Where they are read from. */
export const GRANT_SOURCE = 'grants AS g LEFT JOIN users AS u ON u.email = g.user_email';

/** A row of `GRANT_COLUMNS`. */
export interface GrantRow {
  readonly id: string;
  readonly terms: string;
  readonly identity: string;
  readonly connector_data: Uint8Array;
  readonly user_email: string | null;
  readonly generation: number;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly rotated_at: number | null;
  readonly attempt_id: string | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly person: string | null;
  readonly password_hash: string | null;
  readonly is_enabled: number | null;
}

/** The grant of a row, and the stored person it is about. */
export function foundFromRow(row: GrantRow): FoundGrant {
  const grant = grantFromColumns({
    id: row.id,
    terms: row.terms,
    identity: row.identity,
    connectorData: row.connector_data,
    generation: row.generation,
    createdAt: new Date(row.created_at),
    lastUsedAt: new Date(row.last_used_at),
    expiresAt: moment(row.expires_at),
    revokedAt: moment(row.revoked_at),
  });
  if (row.user_email === null || row.person === null) return { grant };
  const user = userFromColumns({
    email: row.user_email,
    identity: row.person,
    passwordHash: row.password_hash ?? '',
    isEnabled: row.is_enabled === 1,
  });
  return { grant, user };
}

/** The same with what rotation needs. */
export function recordFromRow(row: GrantRow): FoundGrant & GrantRecord {
  return {
    ...foundFromRow(row),
    ...(row.rotated_at === null ? {} : { rotatedAt: new Date(row.rotated_at) }),
    ...(row.attempt_id === null ? {} : { attemptId: row.attempt_id }),
  };
}

function moment(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}
