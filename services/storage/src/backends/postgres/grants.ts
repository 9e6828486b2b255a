import type { TokenToRotate } from '@tessera/contracts';
import type { GrantStore, JudgedGrant } from '../../ports.ts';
import { type RotationVerdict, settleRotation } from '../../rules/judge-rotation.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import type { PostgresDatabase } from './database.ts';
import { createDeletionInBatches } from './deletion-in-batches.ts';
import { codeColumns, newGrantColumns, reopenedColumns, revokedColumns, tokenColumns } from './grant-items.ts';
import { foundFromRow, type GrantRow, type PersonRow } from './grant-row.ts';
import {
  DELETE_ENDED_GRANTS,
  FIND_GRANTS,
  type GrantStatements,
  grantStatements,
  REOPEN_ROTATIONS,
} from './grant-statements.ts';
import { QUERY_TIMEOUT_MS } from './pool.ts';
import { revokeSelected, selectGrants } from './selected-grants.ts';
import { createServerMoments, type ServerMoments } from './server-moment.ts';
import { itemArrays, moment, onlyRow } from './statement.ts';

/** Key of the advisory lock that lets one replica sweep grants at a time. */
const SWEEP_LOCK = 7_355_608_002;

type CodeRow = GrantRow & PersonRow & { readonly code_hash: Buffer };
type PlacedRow = CodeRow & { readonly server_now: Date };
type JudgedRow = GrantRow & PersonRow & { readonly verdict: RotationVerdict | 'late'; readonly server_now: Date };
type TimelyRow = JudgedRow & { readonly verdict: RotationVerdict };

/** Grants in PostgreSQL: each method is one statement under READ COMMITTED, without a transaction around it. */
export function createPostgresGrants(database: PostgresDatabase, hasOutbox: boolean): GrantStore {
  const statements = grantStatements(hasOutbox);
  const moments = createServerMoments(QUERY_TIMEOUT_MS);
  return {
    ...codeMethods(database, statements, moments),
    ...tokenMethods(database, statements, moments),
    ...administrativeMethods(database, hasOutbox),
  };
}

function codeMethods(
  database: PostgresDatabase,
  statements: GrantStatements,
  moments: ServerMoments,
): Pick<GrantStore, 'insertGrants' | 'revokeByCode'> {
  return {
    async insertGrants(grants, now) {
      if (grants.length === 0) return [];
      const sent = moments.sent();
      const values = [...itemArrays(newGrantColumns, grants), moment(now), sent.serverTime, sent.patienceSeconds];
      const rows = await database.query<PlacedRow>(statements.insert, values);
      const [first] = rows;
      if (first === undefined) throw storeUnavailable('PostgreSQL');
      moments.learn(sent, first.server_now);
      const standing = byCode(rows);
      return grants.map(({ codeHash }) => {
        const row = standing.get(codeHash.toString('hex'));
        return foundFromRow(onlyRow(row === undefined ? [] : [row]));
      });
    },
    async revokeByCode(codes, now) {
      const values = [...itemArrays(codeColumns, codes), moment(now)];
      const standing = byCode(await database.query<CodeRow>(statements.revokeByCode, values));
      return codes.map(({ codeHash }) => {
        const row = standing.get(codeHash.toString('hex'));
        return row === undefined ? undefined : foundFromRow(row);
      });
    },
  };
}

function tokenMethods(
  database: PostgresDatabase,
  statements: GrantStatements,
  moments: ServerMoments,
): Pick<GrantStore, 'rotateGrants' | 'reopenRotations' | 'revokeGrants' | 'findGrants'> {
  return {
    async rotateGrants(tokens, now) {
      const sent = moments.sent();
      const values = [...itemArrays(tokenColumns, tokens), moment(now), sent.serverTime, sent.patienceSeconds];
      const rows = await database.query<JudgedRow>(statements.rotate, values);
      const [first] = rows;
      if (first !== undefined) moments.learn(sent, first.server_now);
      const timely = rows.filter(isTimely);
      if (timely.length < rows.length) throw storeUnavailable('PostgreSQL');
      const judged = byId(timely);
      return tokens.map((token) => {
        const row = judged.get(token.grantId);
        return row === undefined ? undefined : settledFrom(row, token, now);
      });
    },
    async reopenRotations(rotations, now) {
      const values = [...itemArrays(reopenedColumns, rotations), moment(now)];
      const reopened = byId(await database.query<{ readonly id: string }>(REOPEN_ROTATIONS, values));
      return rotations.map(({ grantId }) => reopened.has(grantId));
    },
    async revokeGrants(grants, now) {
      const values = [...itemArrays(revokedColumns, grants), moment(now)];
      const revoked = byId(await database.query<{ readonly id: string }>(statements.revoke, values));
      return grants.map(({ grantId }) => revoked.has(grantId));
    },
    async findGrants(ids) {
      const found = byId(await database.query<GrantRow & PersonRow>(FIND_GRANTS, [ids]));
      return ids.map((id) => {
        const row = found.get(id);
        return row === undefined ? undefined : foundFromRow(row);
      });
    },
  };
}

function administrativeMethods(
  database: PostgresDatabase,
  hasOutbox: boolean,
): Pick<GrantStore, 'listGrants' | 'revokeGrantsBy' | 'deleteEndedGrants'> {
  return {
    async listGrants({ selector, after, limit }) {
      const { statement, values } = selectGrants(selector, after, limit);
      return (await database.queryLagging<GrantRow & PersonRow>(statement, values)).map(foundFromRow);
    },
    async revokeGrantsBy(selector, reason, limit, now) {
      const { statement, values } = revokeSelected({ selector, reason, limit, now: now.toISOString(), hasOutbox });
      return onlyRow(await database.query<{ readonly revoked: number }>(statement, values)).revoked;
    },
    deleteEndedGrants: createDeletionInBatches(database, DELETE_ENDED_GRANTS, SWEEP_LOCK),
  };
}

function isTimely(row: JudgedRow): row is TimelyRow {
  return row.verdict !== 'late';
}

function settledFrom(row: TimelyRow, token: TokenToRotate, now: Date): JudgedGrant {
  const { grant, user } = foundFromRow(row);
  const settled = settleRotation({ grant }, { verdict: row.verdict, token, now });
  return { verdict: row.verdict, grant: settled.grant, ...(user === undefined ? {} : { user }) };
}

function byId<R extends { readonly id: string }>(rows: readonly R[]): ReadonlyMap<string, R> {
  return new Map(rows.map((row) => [row.id, row]));
}

function byCode(rows: readonly CodeRow[]): ReadonlyMap<string, CodeRow> {
  return new Map(rows.map((row) => [row.code_hash.toString('hex'), row]));
}
