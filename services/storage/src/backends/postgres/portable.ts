import type { PortableGrant, PortableStore } from '../../ports.ts';
import { watchedKinds } from '../../rules/record-kinds.ts';
import { cannotRetire } from '../../rules/store-errors.ts';
import type { PostgresDatabase } from './database.ts';
import { isInsufficientPrivilege, RETIRED_STATE } from './errors.ts';
import { portableGrantColumns } from './grant-items.ts';
import { GRANT_COLUMNS, type GrantRow, grantFromRow } from './grant-row.ts';
import { importedColumns } from './record-items.ts';
import { IMPORT_RECORDS } from './record-statements.ts';
import { itemArrays, onlyRow, type Statement, selectItems } from './statement.ts';

interface PortableRow extends GrantRow {
  readonly code_hash: Buffer;
  readonly subject: string;
  readonly rotated_at: Date | null;
  readonly attempt_id: string | null;
  readonly ends_at: Date | null;
  readonly revoked_reason: string | null;
}

const exportStatement = (condition: string): string => `
SELECT ${GRANT_COLUMNS}, g.code_hash, g.subject, g.rotated_at, g.attempt_id, g.ends_at, g.revoked_reason
FROM tessera_grants g ${condition} ORDER BY g.id LIMIT $1::integer`;

const EXPORT_FIRST_GRANTS: Statement = { name: 'export_grants', text: exportStatement('') };
const EXPORT_NEXT_GRANTS: Statement = {
  name: 'export_grants',
  variant: 'after',
  text: exportStatement('WHERE g.id > $2::uuid'),
};

const PORTABLE_NAMES = portableGrantColumns.map(({ name }) => name).join(', ');

const IMPORT_GRANTS: Statement = {
  name: 'import_grants',
  text: `
WITH written AS (
  INSERT INTO tessera_grants (${PORTABLE_NAMES})
  SELECT ${PORTABLE_NAMES} FROM (${selectItems(portableGrantColumns)}) item ORDER BY id
  ON CONFLICT DO NOTHING RETURNING id
)
SELECT count(*)::integer AS imported FROM written`,
};

/**
 * A trigger that is being made waits for the writers that are at it, and writers that come wait for the trigger, so nothing
 * slips through. Leases stay writable: what waits in the outbox is sent on under them.
 */
const RETIRE = `
SET LOCAL lock_timeout = '3s';
CREATE OR REPLACE FUNCTION tessera_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
  RAISE EXCEPTION 'this store of Tessera has moved elsewhere' USING ERRCODE = '${RETIRED_STATE}';
END $function$;
CREATE OR REPLACE TRIGGER tessera_retired BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON tessera_grants
  FOR EACH STATEMENT EXECUTE FUNCTION tessera_refuse_change();
CREATE OR REPLACE TRIGGER tessera_retired BEFORE INSERT OR UPDATE ON tessera_records
  FOR EACH ROW WHEN (NEW.kind <> 'lease') EXECUTE FUNCTION tessera_refuse_change();
CREATE OR REPLACE TRIGGER tessera_retired_removal BEFORE DELETE ON tessera_records
  FOR EACH ROW WHEN (OLD.kind <> 'lease') EXECUTE FUNCTION tessera_refuse_change();`;

const REINSTATE = `
SET LOCAL lock_timeout = '3s';
DROP TRIGGER IF EXISTS tessera_retired ON tessera_grants;
DROP TRIGGER IF EXISTS tessera_retired ON tessera_records;
DROP TRIGGER IF EXISTS tessera_retired_removal ON tessera_records;`;

/** Moving everything out of PostgreSQL and into it. What is exported comes from the primary: nothing may be missing. */
export function createPostgresPortable(database: PostgresDatabase): PortableStore {
  return {
    async exportGrants(limit, after) {
      const rows =
        after === undefined
          ? await database.query<PortableRow>(EXPORT_FIRST_GRANTS, [limit])
          : await database.query<PortableRow>(EXPORT_NEXT_GRANTS, [limit, after]);
      return rows.map(portableFromRow);
    },
    async importGrants(grants) {
      const values = itemArrays(portableGrantColumns, grants);
      return onlyRow(await database.query<{ readonly imported: number }>(IMPORT_GRANTS, values)).imported;
    },
    async importRecords(kind, records) {
      const items = records.map((record) => ({ ...record, kind }));
      const values = [...itemArrays(importedColumns, items), watchedKinds];
      return onlyRow(await database.query<{ readonly imported: number }>(IMPORT_RECORDS, values)).imported;
    },
    async retire() {
      database.leaveReplica();
      await database.script('retire', RETIRE).catch(withAdvice);
    },
    reinstate: () => database.script('reinstate', REINSTATE).catch(withAdvice),
  };
}

/** Only who owns the tables may make triggers on them. */
function withAdvice(thrown: unknown): never {
  if (!isInsufficientPrivilege(thrown)) throw thrown;
  throw cannotRetire('the PostgreSQL role has to own the tables of Tessera for this step', thrown);
}

function portableFromRow(row: PortableRow): PortableGrant {
  const grant = grantFromRow(row);
  const { id, authorization, createdAt, expiresAt } = grant;
  return {
    id,
    codeHash: row.code_hash,
    subject: row.subject,
    authorization,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(row.ends_at === null ? {} : { endsAt: row.ends_at }),
    grant,
    ...(row.rotated_at === null ? {} : { rotatedAt: row.rotated_at }),
    ...(row.attempt_id === null ? {} : { attemptId: row.attempt_id }),
    ...(row.revoked_reason === null ? {} : { revokedReason: row.revoked_reason }),
  };
}
