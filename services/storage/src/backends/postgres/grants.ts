import type { TokenToRotate } from '@tessera/contracts';
import { termsToJson } from '../../codec/authorization-json.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import type { GrantStore, JudgedGrant, NewGrant } from '../../ports.ts';
import { type RotationVerdict, settleRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { onlyRow, type PostgresDatabase, QUERY_TIMEOUT_MS } from './database.ts';
import { foundFromRow, type GrantRow, grantFromRow, type PersonRow } from './grant-row.ts';
import {
  DELETE_EXPIRED_GRANTS,
  FIND_GRANTS,
  INSERT_GRANTS,
  REVOKE_BY_CODE,
  REVOKE_GRANTS,
  ROTATE_GRANTS,
} from './grant-statements.ts';
import { createServerMoments } from './server-moment.ts';

/** Key of the advisory lock that lets one replica sweep at a time. */
const SWEEP_LOCK = 7_355_608_002;

type CodeRow = GrantRow & { readonly code_hash: Buffer };
type JudgedRow = GrantRow & PersonRow & { readonly verdict: RotationVerdict | 'late'; readonly server_now: Date };
type TimelyRow = JudgedRow & { readonly verdict: RotationVerdict };

/** Grants in PostgreSQL: each method is one statement under READ COMMITTED, without a transaction around it. */
export function createPostgresGrants(database: PostgresDatabase): GrantStore {
  const moments = createServerMoments(QUERY_TIMEOUT_MS);
  return {
    async insertGrants(grants, now) {
      const rows = await database.query<CodeRow>(INSERT_GRANTS, [...insertColumns(grants), now.toISOString()]);
      const standing = new Map(rows.map((row) => [row.code_hash.toString('hex'), row]));
      return grants.map(({ codeHash }) => {
        const row = standing.get(codeHash.toString('hex'));
        return grantFromRow(onlyRow(row === undefined ? [] : [row]));
      });
    },
    async revokeByCode(codes, now) {
      const rows = await database.query<CodeRow>(REVOKE_BY_CODE, [
        codes.map(({ codeHash }) => codeHash),
        codes.map(({ grantId }) => grantId),
        now.toISOString(),
      ]);
      const standing = new Map(rows.map((row) => [row.code_hash.toString('hex'), row]));
      return codes.map(({ codeHash }) => {
        const row = standing.get(codeHash.toString('hex'));
        return row === undefined ? undefined : grantFromRow(row);
      });
    },
    async rotateGrants(tokens, now) {
      const moment = moments.sent();
      const values = [...tokenColumns(tokens), now.toISOString(), moment.serverTime, moment.patienceSeconds];
      const rows = await database.query<JudgedRow>(ROTATE_GRANTS, values);
      for (const row of rows.slice(0, 1)) moments.learn(moment, row.server_now);
      if (!rows.every(isTimely)) throw storeUnavailable('PostgreSQL');
      const judged = new Map(rows.map((row) => [row.id, row]));
      return tokens.map((token) => {
        const row = judged.get(token.grantId);
        return row === undefined ? undefined : settledFrom(row, token, now);
      });
    },
    async revokeGrants(grants, now) {
      const rows = await database.query<{ readonly id: string }>(REVOKE_GRANTS, [
        grants.map(({ grantId }) => grantId),
        grants.map(({ clientId }) => clientId ?? null),
        grants.map(({ reason }) => reason),
        now.toISOString(),
      ]);
      const revoked = new Set(rows.map(({ id }) => id));
      return grants.map(({ grantId }) => revoked.has(grantId));
    },
    async findGrants(ids) {
      const rows = await database.query<GrantRow & PersonRow>(FIND_GRANTS, [ids]);
      const found = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => {
        const row = found.get(id);
        return row === undefined ? undefined : foundFromRow(row);
      });
    },
    async deleteExpiredGrants(before, limit) {
      const values = [before.toISOString(), limit, SWEEP_LOCK];
      const rows = await database.query<{ readonly deleted: number }>(DELETE_EXPIRED_GRANTS, values);
      return onlyRow(rows).deleted;
    },
  };
}

function isTimely(row: JudgedRow): row is TimelyRow {
  return row.verdict !== 'late';
}

function settledFrom(row: TimelyRow, token: TokenToRotate, now: Date): JudgedGrant {
  const { grant, user } = foundFromRow(row);
  const settled = settleRotation({ grant }, { verdict: row.verdict, token, now, user });
  return { verdict: row.verdict, grant: settled.grant, ...(user === undefined ? {} : { user }) };
}

function insertColumns(grants: readonly NewGrant[]): unknown[] {
  return [
    grants.map(({ id }) => id),
    grants.map(({ codeHash }) => codeHash),
    grants.map(({ authorization }) => authorization.clientId),
    grants.map(({ authorization }) => authorization.isRefreshable),
    grants.map(({ authorization }) => authorization.refreshesUpstream),
    grants.map(({ authorization }) => termsToJson(authorization)),
    grants.map(({ authorization }) => identityToJson(authorization.identity)),
    grants.map(({ authorization }) => Buffer.from(authorization.connectorData)),
    grants.map(({ authorization }) => passwordUserEmail(authorization) ?? null),
    grants.map(({ authorization }) =>
      passwordUserEmail(authorization) === undefined ? null : authorization.identity.userId,
    ),
    grants.map(({ expiresAt }) => expiresAt?.toISOString() ?? null),
  ];
}

function tokenColumns(tokens: readonly TokenToRotate[]): unknown[] {
  return [
    tokens.map(({ grantId }) => grantId),
    tokens.map(({ generation }) => generation),
    tokens.map(({ clientId }) => clientId),
    tokens.map(({ rotates }) => rotates),
    tokens.map(({ reuseIntervalSeconds }) => reuseIntervalSeconds),
    tokens.map(({ validIfNotUsedForSeconds }) => validIfNotUsedForSeconds),
    tokens.map(({ attemptId }) => attemptId),
    tokens.map(({ upstream }) => (upstream === undefined ? null : identityToJson(upstream.identity))),
    tokens.map(({ upstream }) => (upstream === undefined ? null : Buffer.from(upstream.connectorData))),
  ];
}
