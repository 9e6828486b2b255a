import type { GrantSelector } from '@tessera/contracts';
import { tellRevocation } from './event-sql.ts';
import { GRANT_COLUMNS, PERSON_COLUMN } from './grant-row.ts';
import type { Statement } from './statement.ts';

/** The columns of a selector's members. The first one that is set picks the index: the fewest grants share it. */
const MEMBERS = [
  { member: 'sessionId', column: 'session_id' },
  { member: 'subject', column: 'subject' },
  { member: 'clientId', column: 'client_id' },
  { member: 'connectorId', column: 'connector_id' },
] as const satisfies readonly { member: keyof GrantSelector; column: string }[];

interface Selection {
  /** Of the statement, e.g. `subject_client_id`. */
  readonly variant: string;
  /** A condition on `g`; parameters from `$1` on. */
  readonly condition: string;
  readonly values: readonly string[];
}

/** A statement and its parameters. */
export interface SelectedGrants {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

function selectionOf(selector: GrantSelector): Selection {
  const set = MEMBERS.flatMap(({ member, column }) => {
    const value = selector[member];
    return value === undefined ? [] : [{ column, value }];
  });
  if (set.length === 0) throw new TypeError('a selector of grants needs a member');
  // IS NOT DISTINCT FROM is never looked up in an index, so that the choice of it is not left to statistics.
  const conditions = set.map(({ column }, index) =>
    index === 0 ? `g.${column} = $1` : `g.${column} IS NOT DISTINCT FROM $${index + 1}`,
  );
  return {
    variant: set.map(({ column }) => column).join('_'),
    condition: conditions.join(' AND '),
    values: set.map(({ value }) => value),
  };
}

/** Lists grants in the order of their ids: those that stand and those revoked are two ranges of the index. */
export function selectGrants(selector: GrantSelector, after: string | undefined, limit: number): SelectedGrants {
  const { variant, condition, values } = selectionOf(selector);
  const limitParameter = `$${values.length + 1}::integer`;
  const afterCondition = after === undefined ? '' : ` AND g.id > $${values.length + 2}::uuid`;
  const range = (isRevoked: string) => `
  (SELECT ${GRANT_COLUMNS}, g.user_email FROM tessera_grants g
   WHERE ${condition} AND ${isRevoked}${afterCondition} ORDER BY g.id LIMIT ${limitParameter})`;
  return {
    statement: {
      name: 'list_grants',
      variant: `${variant}${after === undefined ? '' : '_after'}`,
      text: `
SELECT ${GRANT_COLUMNS}, ${PERSON_COLUMN}
FROM (
  SELECT * FROM (${range('NOT g.is_revoked')}
  UNION ALL${range('g.is_revoked')}
  ) ranges ORDER BY id LIMIT ${limitParameter}
) g ORDER BY g.id`,
    },
    values: [...values, limit, ...(after === undefined ? [] : [after])],
  };
}

/** How {@link revokeSelected} revokes. */
interface SelectedRevocation {
  readonly selector: GrantSelector;
  readonly reason: string;
  readonly limit: number;
  /** As a parameter. */
  readonly now: string;
  readonly hasOutbox: boolean;
}

/** Revokes some of the standing grants that fit, and gives how many. */
export function revokeSelected({ selector, reason, limit, now, hasOutbox }: SelectedRevocation): SelectedGrants {
  const { variant, condition, values } = selectionOf(selector);
  const [limitAt, reasonAt, nowAt] = [1, 2, 3].map((offset) => `$${values.length + offset}`);
  const nowParameter = `${nowAt}::timestamptz`;
  const tell = tellRevocation({ grantId: 'id', reason: 'revoked_reason', now: nowParameter });
  return {
    statement: {
      name: 'revoke_grants_by',
      variant,
      text: `
WITH locked AS (
  SELECT g.id FROM tessera_grants g WHERE ${condition} AND NOT g.is_revoked
  ORDER BY g.id LIMIT ${limitAt}::integer FOR NO KEY UPDATE OF g
), written AS (
  UPDATE tessera_grants g SET revoked_at = ${nowParameter}, revoked_reason = ${reasonAt}::text, ends_at = ${nowParameter}
  FROM locked WHERE g.id = locked.id
  RETURNING g.id, g.revoked_reason
)
SELECT count(*)::integer AS revoked${hasOutbox ? `, count(${tell}) AS told` : ''} FROM written`,
    },
    values: [...values, limit, reason, now],
  };
}
