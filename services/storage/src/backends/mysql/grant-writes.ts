import { revocationEvent } from '../../rules/grant-events.ts';
import {
  CHANGING_COLUMNS,
  changingValues,
  GRANT_COLUMNS,
  grantValues,
  revokedGrant,
  type StoredGrant,
} from '../sql/grant-row.ts';
import type { EventWriter } from './outbox.ts';
import type { MysqlTransaction } from './session.ts';
import { tuples, within } from './statement.ts';

const INSERT = `INSERT INTO tessera_grants (${GRANT_COLUMNS.join(', ')}) VALUES`;

/** Inserts grants, but none whose id or code hash is there; says how many. One round trip. */
export function insertAbsentGrants(transaction: MysqlTransaction, grants: readonly StoredGrant[]): Promise<number> {
  const rows = tuples(grants.map(grantValues));
  return transaction.change(`${INSERT} ${rows.sql} ON DUPLICATE KEY UPDATE id = tessera_grants.id`, rows.values);
}

/** Writes what changed of grants whose rows are locked. No round trip for none, else one. */
export async function saveGrants(transaction: MysqlTransaction, grants: readonly StoredGrant[]): Promise<void> {
  const [first] = grants;
  if (first === undefined) return;
  if (grants.length === 1) {
    const assignments = CHANGING_COLUMNS.map((column) => `${column} = ?`).join(', ');
    await transaction.change(`UPDATE tessera_grants SET ${assignments} WHERE id = ?`, [
      ...changingValues(first),
      first.id,
    ]);
    return;
  }
  const rows = tuples(grants.map(grantValues));
  const assignments = CHANGING_COLUMNS.map((column) => `${column} = VALUES(${column})`).join(', ');
  await transaction.change(`${INSERT} ${rows.sql} ON DUPLICATE KEY UPDATE ${assignments}`, rows.values);
}

/** A locked grant that is to be revoked. */
export interface Revocation {
  readonly stored: StoredGrant;
  readonly reason: string;
}

/**
 * Revokes grants whose rows are locked and that stand, and writes their events. A round trip for each reason, and one for the
 * events. Gives the revoked grants by their ids.
 */
export async function revokeStanding(
  transaction: MysqlTransaction,
  revocations: readonly Revocation[],
  { events, now }: { readonly events: EventWriter; readonly now: Date },
): Promise<ReadonlyMap<string, StoredGrant>> {
  const revoked = revocations.map(({ stored, reason }) => ({ reason, grant: revokedGrant(stored, reason, now) }));
  for (const [reason, group] of Map.groupBy(revoked, (revocation) => revocation.reason)) {
    const ids = within(
      'id',
      group.map(({ grant }) => grant.id),
    );
    await transaction.change(
      `UPDATE tessera_grants SET revoked_at = ?, ends_at = ?, revoked_reason = ? WHERE ${ids.sql}`,
      [now.getTime(), now.getTime(), reason, ...ids.values],
    );
  }
  await events.append(
    transaction,
    revoked.map(({ grant, reason }) => revocationEvent(grant, reason, now)),
  );
  return new Map(revoked.map(({ grant }) => [grant.id, grant]));
}
