import { checksumOf, type Migration } from '../../migrations/migration.ts';
import type { SchemaDescription } from '../../migrations/schema-description.ts';
import type { SchemaState } from '../../migrations/schema-state.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { assertSchemaAsLeft, type MigrationRow, planMigrations } from '../sql/migration-plan.ts';
import { describeMysql } from './describe.ts';
import type { MysqlPool } from './pool.ts';
import { createSession, type MysqlSession } from './session.ts';

/** How long a migration may take, the wait for another replica included. */
const MIGRATION_TIMEOUT_MS = 120_000;
const LOCK_WAIT_SECONDS = 60;
const HISTORY = 'tessera_schema_migrations';
/** Locks are the server's, not the database's. */
const LOCK_NAME = "CONCAT('tessera.', MD5(DATABASE()), '.migrate')";

/**
 * Brings the schema up to date under a lock of the server, so that of replicas that start together one does it and the
 * others find it done. MySQL commits each statement of a schema at once: after a crash in the middle the step is run again,
 * which every step allows. A user without the right to create tables may start on a schema that is current.
 *
 * @returns the steps that were applied.
 * @throws SchemaFault when the database holds a schema this version does not work on, or one that was changed by hand.
 */
export async function migrateMysql(pool: MysqlPool, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  return pool.use(MIGRATION_TIMEOUT_MS, async (connection) => {
    const session = createSession(connection);
    const locked = await session.rows<{ readonly is_ours: number | null }>(
      `SELECT GET_LOCK(${LOCK_NAME}, ${LOCK_WAIT_SECONDS}) AS is_ours`,
    );
    if (locked[0]?.is_ours !== 1) throw storeUnavailable('MySQL');
    try {
      return await applyPending(session, migrations);
    } finally {
      await session.rows(`SELECT RELEASE_LOCK(${LOCK_NAME})`);
    }
  });
}

/**
 * Says which steps are missing, and changes nothing.
 *
 * @throws SchemaFault as {@link migrateMysql} does.
 */
export async function checkMysql(pool: MysqlPool, migrations: readonly Migration[]): Promise<SchemaState> {
  return pool.use(MIGRATION_TIMEOUT_MS, async (connection) => {
    const session = createSession(connection);
    const found = await describeMysql(session);
    if (found[HISTORY] === undefined) return { applied: 0, pending: planMigrations(migrations, []) };
    return inspect(session, found, migrations);
  });
}

interface Inspected extends SchemaState {
  readonly pending: readonly Migration[];
}

async function inspect(
  session: MysqlSession,
  found: SchemaDescription,
  migrations: readonly Migration[],
): Promise<Inspected> {
  const applied = await session.rows<MigrationRow>(`
    SELECT version, name, checksum, compatible_with, schema_json FROM tessera_schema_migrations ORDER BY version`);
  const pending = planMigrations(migrations, applied);
  // A step that was begun and not finished is no difference.
  if (pending.length === 0) assertSchemaAsLeft(applied, found);
  return { applied: applied.length, pending };
}

async function applyPending(session: MysqlSession, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const found = await describeMysql(session);
  if (found[HISTORY] === undefined) await createMigrationsTable(session);
  const { pending } = await inspect(session, found, migrations);
  for (const migration of pending) {
    for (const statement of statementsOf(migration)) await session.change(statement);
    const isLast = migration === pending.at(-1);
    const schema = isLast ? JSON.stringify(await describeMysql(session)) : null;
    await session.change(
      `INSERT INTO tessera_schema_migrations (version, name, checksum, compatible_with, applied_at, schema_json)
       VALUES (?, ?, ?, ?, UTC_TIMESTAMP(), ?)`,
      [migration.version, migration.name, checksumOf(migration), migration.compatibleWith, schema],
    );
  }
  return pending;
}

async function createMigrationsTable(session: MysqlSession): Promise<void> {
  await session.change(`
    CREATE TABLE IF NOT EXISTS tessera_schema_migrations (
      version INT NOT NULL,
      name VARCHAR(255) NOT NULL,
      checksum CHAR(64) NOT NULL,
      compatible_with INT NOT NULL,
      applied_at DATETIME NOT NULL,
      schema_json MEDIUMTEXT,
      PRIMARY KEY (version)
    ) ENGINE = InnoDB, DEFAULT CHARACTER SET utf8mb4, COLLATE utf8mb4_bin`);
}

function statementsOf({ sql }: Migration): string[] {
  return sql.split(/;\s*(?:\n|$)/).filter((statement) => statement.trim() !== '');
}
