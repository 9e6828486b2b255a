import type { Clock } from '@tessera/clock';
import { userFromJson } from '../../codec/user-json.ts';
import type { FoundGrant, GrantStore, JudgedGrant } from '../../ports.ts';
import { CODE_REPLAYED, revocationEvent } from '../../rules/grant-events.ts';
import { reopenRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { grantExists } from '../../rules/store-errors.ts';
import { foundGrant, type StoredGrant, storedGrantFromNew } from '../sql/grant-row.ts';
import { rotateStored } from '../sql/rotate-stored.ts';
import type { MysqlDatabase } from './database.ts';
import { createGrantLists } from './grant-lists.ts';
import { type MysqlGrantRow, selectGrants, storedGrant } from './grant-row.ts';
import { insertAbsentGrants, revokeStanding, saveGrants } from './grant-writes.ts';
import type { EventWriter } from './outbox.ts';
import type { MysqlSession, MysqlTransaction } from './session.ts';
import { within } from './statement.ts';

/** What grants in MySQL need. */
export interface MysqlGrantsOptions {
  readonly database: MysqlDatabase;
  readonly clock: Clock;
  readonly events: EventWriter;
}

/**
 * Grants in MySQL, under READ COMMITTED. A change locks its rows in the order of their ids (codes: of their hashes), judges
 * them as they stand, at the moment when it holds them, and writes: one round trip each, beside those of begin and commit.
 */
export function createMysqlGrants(options: MysqlGrantsOptions): GrantStore {
  const { database, clock, events } = options;
  return {
    ...createMysqlCodes(options),
    ...createGrantLists(options),
    /** Four round trips; three when nothing changes, one more for events. */
    rotateGrants: (tokens) =>
      database.write('rotate_grants', async (transaction) => {
        const { standing, serverMs } = await lockGrants(transaction, tokens);
        if (standing.size > 0) transaction.assertInTime(serverMs);
        const now = clock.now();
        const rotated = tokens.map((token) => {
          const stored = standing.get(token.grantId);
          return stored === undefined ? undefined : rotateStored(stored, token, now);
        });
        const changed = rotated.flatMap((rotation) => rotation?.changed ?? []);
        await saveGrants(transaction, changed);
        const revocations = changed.flatMap((grant) =>
          grant.revokedReason === undefined ? [] : [revocationEvent(grant, grant.revokedReason, now)],
        );
        await events.append(transaction, revocations);
        return rotated.map((rotation): JudgedGrant | undefined => rotation?.judged);
      }),
    /** Four round trips. */
    reopenRotations: (rotations) =>
      database.write('reopen_rotations', async (transaction) => {
        const { standing } = await lockGrants(transaction, rotations);
        const now = clock.now();
        const reopened = rotations.map((rotation) => {
          const stored = standing.get(rotation.grantId);
          const settled = stored === undefined ? undefined : reopenRotation(stored, rotation, now);
          return settled === stored ? undefined : settled;
        });
        await saveGrants(
          transaction,
          reopened.filter((grant) => grant !== undefined),
        );
        return reopened.map((grant) => grant !== undefined);
      }),
    /** Four round trips, one more for events. */
    revokeGrants: (grants) =>
      database.write('revoke_grants', async (transaction) => {
        const { standing } = await lockGrants(transaction, grants);
        const revocations = grants.flatMap(({ grantId, clientId, reason }) => {
          const stored = standing.get(grantId);
          if (stored === undefined || stored.grant.revokedAt !== undefined) return [];
          const isMeant = clientId === undefined || clientId === stored.authorization.clientId;
          return isMeant ? [{ stored, reason }] : [];
        });
        const revoked = await revokeStanding(transaction, revocations, { events, now: clock.now() });
        return grants.map(({ grantId }) => revoked.has(grantId));
      }),
    /** One round trip. */
    findGrants: (ids) =>
      database.read('find_grants', async (session) => {
        const found = await grantsById(session, ids, '');
        return ids.map((id) => {
          const row = found.get(id);
          return row === undefined ? undefined : foundGrant(storedGrant(row));
        });
      }),
  };
}

function createMysqlCodes({
  database,
  clock,
  events,
}: MysqlGrantsOptions): Pick<GrantStore, 'insertGrants' | 'revokeByCode'> {
  return {
    /**
     * Three round trips, and one for people of the password database; when a code or a grant was there before, two more, and
     * one for events.
     */
    insertGrants: (grants) =>
      database.write('insert_grants', async (transaction) => {
        const fresh = grants.map(storedGrantFromNew);
        const sorted = fresh.toSorted((left, right) => Buffer.compare(left.codeHash, right.codeHash));
        const inserted = grants.length === 0 ? 0 : await insertAbsentGrants(transaction, sorted);
        if (inserted === grants.length) return withPeople(transaction, fresh);
        const standing = await lockCodes(transaction, grants);
        const rivals = grants.flatMap(({ id, codeHash }) => {
          const stored = standing.get(codeHash.toString('hex'));
          if (stored === undefined) throw grantExists();
          return stored.id === id || stored.grant.revokedAt !== undefined ? [] : [{ stored, reason: CODE_REPLAYED }];
        });
        const revoked = await revokeStanding(transaction, rivals, { events, now: clock.now() });
        return grants.map(({ codeHash }) => {
          const stored = standing.get(codeHash.toString('hex'));
          if (stored === undefined) throw grantExists();
          return foundGrant(revoked.get(stored.id) ?? stored);
        });
      }),
    /** Three round trips; one more to revoke and one for events. */
    revokeByCode: (codes) =>
      database.write('revoke_by_code', async (transaction) => {
        const standing = await lockCodes(transaction, codes);
        const rivals = codes.flatMap(({ codeHash, grantId }) => {
          const stored = standing.get(codeHash.toString('hex'));
          const isRival = stored !== undefined && stored.id !== grantId && stored.grant.revokedAt === undefined;
          return isRival ? [{ stored, reason: CODE_REPLAYED }] : [];
        });
        const revoked = await revokeStanding(transaction, rivals, { events, now: clock.now() });
        return codes.map(({ codeHash }) => {
          const stored = standing.get(codeHash.toString('hex'));
          return stored === undefined ? undefined : foundGrant(revoked.get(stored.id) ?? stored);
        });
      }),
  };
}

/** Grants that were inserted just now, with the stored people they are about. No round trip without any, else one. */
async function withPeople(session: MysqlSession, grants: readonly StoredGrant[]): Promise<readonly FoundGrant[]> {
  const emails = [...new Set(grants.flatMap(({ authorization }) => passwordUserEmail(authorization) ?? []))];
  if (emails.length === 0) return grants.map(foundGrant);
  const ids = within('u.id', emails);
  const sql = `SELECT u.id, u.body FROM tessera_records AS u WHERE u.kind = 'user' AND ${ids.sql}`;
  const rows = await session.rows<{ readonly id: Buffer; readonly body: string }>(sql, ids.values);
  const people = new Map(rows.map(({ id, body }) => [id.toString(), userFromJson(body)]));
  return grants.map((stored) => {
    const user = people.get(passwordUserEmail(stored.authorization) ?? '');
    return foundGrant(user === undefined ? stored : { ...stored, user });
  });
}

async function grantsById(
  session: MysqlSession,
  ids: readonly string[],
  locking: '' | 'FOR UPDATE',
): Promise<ReadonlyMap<string, MysqlGrantRow>> {
  if (ids.length === 0) return new Map();
  const condition = within('g.id', ids);
  const sql = `${selectGrants('PRIMARY')} WHERE ${condition.sql} ORDER BY g.id ${locking}`;
  const rows = await session.rows<MysqlGrantRow>(sql, condition.values);
  return new Map(rows.map((row) => [row.id, row]));
}

interface LockedGrants {
  readonly standing: ReadonlyMap<string, StoredGrant>;
  /** The server's clock when it held the last of them; 0 without any. */
  readonly serverMs: number;
}

async function lockGrants(
  transaction: MysqlTransaction,
  items: readonly { readonly grantId: string }[],
): Promise<LockedGrants> {
  const ids = items.map(({ grantId }) => grantId);
  const rows = await grantsById(transaction, ids, 'FOR UPDATE');
  return {
    standing: new Map([...rows].map(([id, row]) => [id, storedGrant(row)])),
    serverMs: Math.max(0, ...[...rows.values()].map((row) => row.server_ms)),
  };
}

async function lockCodes(
  transaction: MysqlTransaction,
  items: readonly { readonly codeHash: Buffer }[],
): Promise<ReadonlyMap<string, StoredGrant>> {
  if (items.length === 0) return new Map();
  const condition = within(
    'g.code_hash',
    items.map(({ codeHash }) => codeHash),
  );
  const sql = `${selectGrants('code_hash')} WHERE ${condition.sql} ORDER BY g.code_hash FOR UPDATE`;
  const rows = await transaction.rows<MysqlGrantRow>(sql, condition.values);
  return new Map(rows.map(storedGrant).map((stored) => [stored.codeHash.toString('hex'), stored]));
}
