import type { Clock } from '@tessera/clock';
import type { GrantSelector } from '@tessera/contracts';
import type { GrantStore } from '../../ports.ts';
import { foundGrant, type StoredGrant } from '../sql/grant-row.ts';
import { selectorColumns } from '../sql/grant-selector.ts';
import type { MysqlDatabase } from './database.ts';
import { type MysqlGrantRow, selectGrants, storedGrant } from './grant-row.ts';
import { revokeStanding } from './grant-writes.ts';
import type { EventWriter } from './outbox.ts';
import type { MysqlSession } from './session.ts';
import { deleteInTurn } from './sweep-turn.ts';

/** Columns of selectors that have an index with the standing grants together: of those there may be very many. */
const STANDING_INDEXES: ReadonlySet<string> = new Set(['client_id', 'connector_id']);

/** What is done to many grants at once. */
export function createGrantLists({
  database,
  clock,
  events,
}: {
  readonly database: MysqlDatabase;
  readonly clock: Clock;
  readonly events: EventWriter;
}): Pick<GrantStore, 'listGrants' | 'revokeGrantsBy' | 'deleteEndedGrants'> {
  return {
    /** One round trip. */
    listGrants: ({ selector, after = '', limit }) =>
      database.read('list_grants', async (session) => {
        const listed = await selectedGrants(session, selector, { isToRevoke: false, after, limit });
        return listed.map(foundGrant);
      }),
    /** Four round trips, one more for events. */
    revokeGrantsBy: (selector, reason, limit) =>
      database.write('revoke_grants_by', async (transaction) => {
        const standing = await selectedGrants(transaction, selector, { isToRevoke: true, after: '', limit });
        const revocations = standing.map((stored) => ({ stored, reason }));
        await revokeStanding(transaction, revocations, { events, now: clock.now() });
        return standing.length;
      }),
    /** Three round trips. */
    deleteEndedGrants: (before, limit) =>
      deleteInTurn(database, 'delete_ended_grants', {
        sql: 'DELETE FROM tessera_grants WHERE ends_at < ? ORDER BY ends_at LIMIT ?',
        values: [before.getTime(), limit],
      }),
  };
}

interface Selection {
  /** Whether only grants are meant that are not revoked, and locked. */
  readonly isToRevoke: boolean;
  readonly after: string;
  readonly limit: number;
}

async function selectedGrants(
  session: MysqlSession,
  selector: GrantSelector,
  { isToRevoke, after, limit }: Selection,
): Promise<StoredGrant[]> {
  const columns = selectorColumns(selector);
  const [{ column }] = columns;
  const index = isToRevoke && STANDING_INDEXES.has(column) ? `${column}_standing` : column;
  const conditions = columns.map((member) => `g.${member.column} = ?`).join(' AND ');
  const standing = isToRevoke ? ' AND g.revoked_at IS NULL' : '';
  const rows = await session.rows<MysqlGrantRow>(
    `${selectGrants(index)} WHERE ${conditions}${standing} AND g.id > ? ORDER BY g.id LIMIT ?
     ${isToRevoke ? 'FOR UPDATE' : ''}`,
    [...columns.map(({ value }) => value), after, limit],
  );
  return rows.map(storedGrant);
}
