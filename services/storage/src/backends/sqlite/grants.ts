import type { Grant } from '@tessera/contracts';
import { termsToJson } from '../../codec/authorization-json.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import type { GrantStore, NewGrant } from '../../ports.ts';
import { type GrantRecord, judgeRotation, settleRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { grantExists } from '../../rules/store-errors.ts';
import type { SqliteDatabase } from './database.ts';
import { foundFromRow, GRANT_COLUMNS, GRANT_SOURCE, type GrantRow, recordFromRow } from './grant-row.ts';

/** Grants in SQLite. A batch is one transaction; writers are serialised by it, so each row is judged as it stands. */
export function createSqliteGrants(database: SqliteDatabase): GrantStore {
  const statements = prepareStatements(database);
  const byId = (id: string): GrantRow | undefined => statements.byId.get(id) as GrantRow | undefined;
  const byCode = (codeHash: Buffer): Grant | undefined => {
    const row = statements.byCode.get(codeHash) as GrantRow | undefined;
    return row === undefined ? undefined : foundFromRow(row).grant;
  };
  const revoke = (grant: Grant, reason: string, now: Date): Grant => {
    if (grant.revokedAt !== undefined) return grant;
    statements.revoke.run(now.getTime(), reason, grant.id);
    return { ...grant, revokedAt: now };
  };
  const insert = (item: NewGrant): Grant => {
    if (byId(item.id) !== undefined) throw grantExists();
    statements.insert.run(...insertValues(item));
    return byCode(item.codeHash) as Grant;
  };
  const save = ({ grant, rotatedAt, attemptId }: GrantRecord): void => {
    statements.save.run(
      grant.generation,
      grant.lastUsedAt.getTime(),
      rotatedAt?.getTime() ?? null,
      attemptId ?? null,
      identityToJson(grant.authorization.identity),
      grant.authorization.connectorData,
      grant.revokedAt?.getTime() ?? null,
      grant.revokedAt === undefined ? null : 'reused',
      grant.id,
    );
  };
  return {
    insertGrants: (grants, now) =>
      database.write('insert_grants', () =>
        grants.map((item) => {
          const standing = byCode(item.codeHash);
          if (standing === undefined) return insert(item);
          return standing.id === item.id ? standing : revoke(standing, 'code_replayed', now);
        }),
      ),
    revokeByCode: (codes, now) =>
      database.write('revoke_by_code', () =>
        codes.map(({ codeHash, grantId }) => {
          const standing = byCode(codeHash);
          return standing === undefined || standing.id === grantId ? standing : revoke(standing, 'code_replayed', now);
        }),
      ),
    rotateGrants: (tokens, now) =>
      database.write('rotate_grants', () =>
        tokens.map((token) => {
          const row = byId(token.grantId);
          if (row === undefined) return undefined;
          const { user, ...record } = recordFromRow(row);
          const verdict = judgeRotation(record, token, now);
          const settled = settleRotation(record, { verdict, token, now, user });
          if (settled !== record) save(settled);
          return { verdict, grant: settled.grant, ...(user === undefined ? {} : { user }) };
        }),
      ),
    revokeGrants: (grants, now) =>
      database.write('revoke_grants', () =>
        grants.map(({ grantId, clientId, reason }) => {
          const row = byId(grantId);
          if (row === undefined || row.revoked_at !== null) return false;
          const { grant } = foundFromRow(row);
          if (clientId !== undefined && clientId !== grant.authorization.clientId) return false;
          revoke(grant, reason, now);
          return true;
        }),
      ),
    findGrants: (ids) =>
      database.read('find_grants', () =>
        ids.map((id) => {
          const row = byId(id);
          return row === undefined ? undefined : foundFromRow(row);
        }),
      ),
    deleteExpiredGrants: (before, limit) =>
      database.write('delete_expired_grants', () =>
        Number(statements.deleteEnded.run(before.getTime(), limit).changes),
      ),
  };
}

function prepareStatements(database: SqliteDatabase) {
  return {
    byId: database.prepare(`SELECT ${GRANT_COLUMNS} FROM ${GRANT_SOURCE} WHERE g.id = ?`),
    byCode: database.prepare(`SELECT ${GRANT_COLUMNS} FROM ${GRANT_SOURCE} WHERE g.code_hash = ?`),
    insert: database.prepare(`
      INSERT INTO grants (id, code_hash, terms, identity, connector_data, user_email, created_at, last_used_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    save: database.prepare(`
      UPDATE grants SET generation = ?, last_used_at = ?, rotated_at = ?, attempt_id = ?, identity = ?,
        connector_data = ?, revoked_at = ?, revoked_reason = ?
      WHERE id = ?`),
    revoke: database.prepare('UPDATE grants SET revoked_at = ?, revoked_reason = ? WHERE id = ?'),
    deleteEnded: database.prepare(`
      DELETE FROM grants WHERE rowid IN (
        SELECT rowid FROM grants WHERE coalesce(expires_at, revoked_at) < ? ORDER BY coalesce(expires_at, revoked_at)
        LIMIT ?)`),
  };
}

function insertValues({ id, codeHash, authorization, createdAt, expiresAt }: NewGrant) {
  return [
    id,
    codeHash,
    termsToJson(authorization),
    identityToJson(authorization.identity),
    authorization.connectorData,
    passwordUserEmail(authorization) ?? null,
    createdAt.getTime(),
    createdAt.getTime(),
    expiresAt?.getTime() ?? null,
  ] as const;
}
