import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GrantSelector } from '@tessera/contracts';
import { userFromJson } from '../../codec/user-json.ts';
import type { GrantStore, NewGrant } from '../../ports.ts';
import { CODE_REPLAYED, revocationEvent } from '../../rules/grant-events.ts';
import { reopenRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { grantExists } from '../../rules/store-errors.ts';
import {
  CHANGING_COLUMNS,
  changingValues,
  foundGrant,
  GRANT_COLUMNS,
  type GrantRow,
  grantValues,
  READ_COLUMNS,
  revokedGrant,
  type StoredGrant,
  storedGrantFromNew,
  storedGrantFromRow,
} from '../sql/grant-row.ts';
import { selectorColumns } from '../sql/grant-selector.ts';
import { rotateStored } from '../sql/rotate-stored.ts';
import type { EventWriter } from './outbox.ts';
import type { Synchronous } from './protocol.ts';

/** What every statement that reads grants begins with; then come WHERE and the rest. */
export function selectGrants(indexedBy?: string): string {
  const columns = READ_COLUMNS.map((column) => `g.${column}`).join(', ');
  const index = indexedBy === undefined ? '' : ` INDEXED BY ${indexedBy}`;
  return `
    SELECT ${columns}, u.body AS person
    FROM grants AS g${index} LEFT JOIN records AS u ON u.kind = 'user' AND u.id = g.user_email`;
}

/** The grants of rows. */
export function storedGrants(rows: readonly unknown[]): StoredGrant[] {
  return (rows as readonly GrantRow[]).map(storedGrantFromRow);
}

/** Grants in SQLite. One transaction writes at a time, so each row is judged as it stands. */
export function createSqliteGrants(database: DatabaseSync, events: EventWriter): Synchronous<GrantStore> {
  const statements = prepareStatements(database);
  const selected = createSelections(database);
  const byId = (id: string): StoredGrant | undefined => storedGrants(statements.byId.all(id))[0];
  const byCode = (codeHash: Uint8Array): StoredGrant | undefined => storedGrants(statements.byCode.all(codeHash))[0];
  const insert = (item: NewGrant): StoredGrant => {
    if (byId(item.id) !== undefined) throw grantExists();
    const stored = storedGrantFromNew(item);
    statements.insert.run(...grantValues(stored));
    const email = passwordUserEmail(item.authorization);
    const person = email === undefined ? undefined : statements.person.get(email);
    return person === undefined ? stored : { ...stored, user: userFromJson(String(person['body'])) };
  };
  const save = (stored: StoredGrant): void => {
    statements.save.run(...changingValues(stored), stored.id);
  };
  const revoke = (stored: StoredGrant, reason: string, now: Date): StoredGrant => {
    if (stored.grant.revokedAt !== undefined) return stored;
    const revoked = revokedGrant(stored, reason, now);
    save(revoked);
    events.append([revocationEvent(revoked, reason, now)]);
    return revoked;
  };
  return {
    insertGrants: (grants, now) =>
      grants.map((item) => {
        const standing = byCode(item.codeHash);
        if (standing === undefined) return foundGrant(insert(item));
        return foundGrant(standing.id === item.id ? standing : revoke(standing, CODE_REPLAYED, now));
      }),
    revokeByCode: (codes, now) =>
      codes.map(({ codeHash, grantId }) => {
        const standing = byCode(codeHash);
        if (standing === undefined) return undefined;
        return foundGrant(standing.id === grantId ? standing : revoke(standing, CODE_REPLAYED, now));
      }),
    rotateGrants: (tokens, now) =>
      tokens.map((token) => {
        const standing = byId(token.grantId);
        if (standing === undefined) return undefined;
        const { judged, changed } = rotateStored(standing, token, now);
        if (changed !== undefined) save(changed);
        const reason = changed?.revokedReason;
        if (changed !== undefined && reason !== undefined) events.append([revocationEvent(changed, reason, now)]);
        return judged;
      }),
    reopenRotations: (rotations, now) =>
      rotations.map((rotation) => {
        const standing = byId(rotation.grantId);
        if (standing === undefined) return false;
        const reopened = reopenRotation(standing, rotation, now);
        if (reopened !== standing) save(reopened);
        return reopened !== standing;
      }),
    revokeGrants: (grants, now) =>
      grants.map(({ grantId, clientId, reason }) => {
        const standing = byId(grantId);
        if (standing === undefined || standing.grant.revokedAt !== undefined) return false;
        if (clientId !== undefined && clientId !== standing.authorization.clientId) return false;
        revoke(standing, reason, now);
        return true;
      }),
    findGrants: (ids) =>
      ids.map((id) => {
        const stored = byId(id);
        return stored === undefined ? undefined : foundGrant(stored);
      }),
    listGrants: ({ selector, after = '', limit }) =>
      selected(selector, { isStanding: false, after, limit }).map(foundGrant),
    revokeGrantsBy(selector, reason, limit, now) {
      const standing = selected(selector, { isStanding: true, after: '', limit });
      for (const stored of standing) revoke(stored, reason, now);
      return standing.length;
    },
    deleteEndedGrants: (before, limit) => Number(statements.deleteEnded.run(before.getTime(), limit).changes),
  };
}

interface Selection {
  /** Whether only grants are meant that are not revoked. */
  readonly isStanding: boolean;
  readonly after: string;
  readonly limit: number;
}

/** Columns of selectors that have an index of the standing grants alone: of those there may be very many. */
const STANDING_INDEXES: ReadonlySet<string> = new Set(['client_id', 'connector_id']);

function createSelections(database: DatabaseSync): (selector: GrantSelector, selection: Selection) => StoredGrant[] {
  const prepared = new Map<string, StatementSync>();
  return (selector, { isStanding, after, limit }) => {
    const columns = selectorColumns(selector);
    const [{ column }] = columns;
    const index = `grants_${column}${isStanding && STANDING_INDEXES.has(column) ? '_standing' : ''}`;
    const conditions = [
      ...columns.map((member) => `g.${member.column} = ?`),
      ...(isStanding ? ['g.revoked_at IS NULL'] : []),
    ];
    const sql = `${selectGrants(index)} WHERE ${conditions.join(' AND ')} AND g.id > ? ORDER BY g.id LIMIT ?`;
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return storedGrants(statement.all(...columns.map(({ value }) => value), after, limit));
  };
}

function prepareStatements(database: DatabaseSync) {
  return {
    byId: database.prepare(`${selectGrants()} WHERE g.id = ?`),
    byCode: database.prepare(`${selectGrants()} WHERE g.code_hash = ?`),
    person: database.prepare(`SELECT body FROM records WHERE kind = 'user' AND id = ?`),
    insert: database.prepare(
      `INSERT INTO grants (${GRANT_COLUMNS.join(', ')}) VALUES (${GRANT_COLUMNS.map(() => '?').join(', ')})`,
    ),
    save: database.prepare(
      `UPDATE grants SET ${CHANGING_COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ),
    deleteEnded: database.prepare(`
      DELETE FROM grants WHERE rowid IN (
        SELECT rowid FROM grants WHERE ends_at < ? ORDER BY ends_at LIMIT ?)`),
  };
}
