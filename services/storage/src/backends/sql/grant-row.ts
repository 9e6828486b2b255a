import { termsToJson } from '../../codec/authorization-json.ts';
import { grantFromColumns } from '../../codec/grant-columns.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import { userFromJson } from '../../codec/user-json.ts';
import type { FoundGrant, NewGrant, PortableGrant } from '../../ports.ts';
import type { GrantRecord } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';

/** The columns of a grant that never change, in the order of {@link firstValues}. */
const FIRST_COLUMNS = [
  'id',
  'code_hash',
  'subject',
  'client_id',
  'connector_id',
  'session_id',
  'user_email',
  'terms',
  'created_at',
  'expires_at',
] as const;

/** The columns of a grant that change with its use, in the order of {@link changingValues}. */
export const CHANGING_COLUMNS = [
  'identity',
  'connector_data',
  'generation',
  'last_used_at',
  'rotated_at',
  'attempt_id',
  'ends_at',
  'revoked_at',
  'revoked_reason',
] as const;

/** Every column of a grant, in the order of {@link grantValues}. */
export const GRANT_COLUMNS = [...FIRST_COLUMNS, ...CHANGING_COLUMNS] as const;

/** What is read of a grant in SQLite and MySQL. Moments are milliseconds since the epoch. */
export interface GrantRow {
  readonly id: string;
  readonly code_hash: Uint8Array;
  readonly subject: string;
  readonly terms: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly identity: string;
  readonly connector_data: Uint8Array;
  readonly generation: number;
  readonly last_used_at: number;
  readonly rotated_at: number | null;
  readonly attempt_id: string | null;
  readonly ends_at: number | null;
  readonly revoked_at: number | null;
  readonly revoked_reason: string | null;
  /** Body of the record of the stored person it is about. */
  readonly person: string | null;
}

/** The columns of {@link GrantRow} that are the grant's own. */
export const READ_COLUMNS = [
  'id',
  'code_hash',
  'subject',
  'terms',
  'created_at',
  'expires_at',
  ...CHANGING_COLUMNS,
] as const;

/** A grant with everything that is kept of it, and the stored person it is about. */
export type StoredGrant = PortableGrant & FoundGrant & GrantRecord;

/** What a row says. */
export function storedGrantFromRow(row: GrantRow): StoredGrant {
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
  const { id, authorization, createdAt, expiresAt } = grant;
  return {
    id,
    codeHash: Buffer.from(row.code_hash),
    subject: row.subject,
    authorization,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    grant,
    ...(row.rotated_at === null ? {} : { rotatedAt: new Date(row.rotated_at) }),
    ...(row.attempt_id === null ? {} : { attemptId: row.attempt_id }),
    ...(row.ends_at === null ? {} : { endsAt: new Date(row.ends_at) }),
    ...(row.revoked_reason === null ? {} : { revokedReason: row.revoked_reason }),
    ...(row.person === null ? {} : { user: userFromJson(row.person) }),
  };
}

/** A new grant as it is kept. */
export function storedGrantFromNew(item: NewGrant): StoredGrant {
  const { id, authorization, createdAt, expiresAt } = item;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return { ...item, grant: { id, authorization, generation: 0, createdAt, lastUsedAt: createdAt, ...expiry } };
}

/** A value of a column. */
export type ColumnValue = string | number | Uint8Array | null;

/** The values of {@link GRANT_COLUMNS}. */
export function grantValues(stored: PortableGrant): ColumnValue[] {
  const { id, codeHash, subject, grant } = stored;
  const { authorization } = grant;
  return [
    id,
    codeHash,
    subject,
    authorization.clientId,
    authorization.connectorId,
    authorization.sessionId ?? null,
    passwordUserEmail(authorization) ?? null,
    termsToJson(authorization),
    grant.createdAt.getTime(),
    epochMs(grant.expiresAt),
    ...changingValues(stored),
  ];
}

/** The values of {@link CHANGING_COLUMNS}. */
export function changingValues(stored: PortableGrant): ColumnValue[] {
  const { grant } = stored;
  return [
    identityToJson(grant.authorization.identity),
    grant.authorization.connectorData,
    grant.generation,
    grant.lastUsedAt.getTime(),
    epochMs(stored.rotatedAt),
    stored.attemptId ?? null,
    epochMs(stored.endsAt),
    epochMs(grant.revokedAt),
    stored.revokedReason ?? null,
  ];
}

/** A grant revoked at `now`. */
export function revokedGrant(stored: StoredGrant, reason: string, now: Date): StoredGrant {
  return { ...stored, grant: { ...stored.grant, revokedAt: now }, endsAt: now, revokedReason: reason };
}

/** What callers see of a grant. */
export function foundGrant({ grant, user }: StoredGrant): FoundGrant {
  return { grant, ...(user === undefined ? {} : { user }) };
}

/** What is exported of a grant. */
export function portableGrant(stored: StoredGrant): PortableGrant {
  const { user: _, ...portable } = stored;
  return portable;
}

/** A moment as a column keeps it. */
export function epochMs(value: Date | undefined): number | null {
  return value === undefined ? null : value.getTime();
}

function moment(value: number | null): Date | null {
  return value === null ? null : new Date(value);
}
