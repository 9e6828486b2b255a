import type { PoolClient } from 'pg';
import { type AppliedMigration, checksumOf, type Migration, pendingMigrations } from '../../migrations/migration.ts';
import { assertSameSchema, type SchemaDescription } from '../../migrations/schema-description.ts';
import type { SchemaState } from '../../migrations/schema-state.ts';
import { describeSchema } from './describe-schema.ts';
import type { StatementPool } from './pool.ts';

/** Key of the advisory lock that lets one replica migrate at a time. */
const MIGRATION_LOCK = 7_355_608_001;

/** How long a step waits for a table that is in use; whoever comes after it waits as long. */
const LOCK_TIMEOUT = '2s';

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly compatible_with: number;
  readonly description: string | null;
}

/**
 * Brings the schema up to date: one transaction under an advisory lock, so that of replicas that start together one
 * does it and the others find it done. A role without the right to create tables may start on a schema that is current.
 *
 * @returns the steps that were applied.
 * @throws SchemaFault with a sentence for the operator, when the database holds a schema this version does not work on or
 *   one that was changed by hand. Whatever it throws, nothing was changed.
 */
export async function migratePostgres(
  pool: StatementPool,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  return pool.withClient(async (client) => {
    await client.query("BEGIN; SET LOCAL statement_timeout = '60s'");
    await client.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [MIGRATION_LOCK] });
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    if (!(await hasHistory(client))) await createHistory(client);
    const { pending } = await inspect(client, migrations);
    for (const migration of pending) await applyOne(client, migration);
    await client.query('COMMIT');
    return pending;
  });
}

/**
 * Says which steps are missing, in a transaction that can change nothing.
 *
 * @throws SchemaFault as {@link migratePostgres} does.
 */
export async function checkPostgres(pool: StatementPool, migrations: readonly Migration[]): Promise<SchemaState> {
  return pool.withClient(async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const state = (await hasHistory(client))
      ? await inspect(client, migrations)
      : { applied: 0, pending: pendingMigrations(migrations, []) };
    await client.query('COMMIT');
    return state;
  });
}

interface Inspected extends SchemaState {
  readonly pending: readonly Migration[];
}

async function inspect(client: PoolClient, migrations: readonly Migration[]): Promise<Inspected> {
  const { rows } = await client.query<AppliedRow>(
    'SELECT version, name, checksum, compatible_with, description FROM tessera_schema_migrations ORDER BY version',
  );
  const applied = rows.map(
    ({ compatible_with: compatibleWith, ...row }): AppliedMigration => ({ ...row, compatibleWith }),
  );
  const pending = pendingMigrations(migrations, applied);
  const described = rows.at(-1)?.description;
  if (typeof described === 'string') {
    assertSameSchema(JSON.parse(described) as SchemaDescription, await describeSchema(client));
  }
  return { applied: applied.length, pending };
}

async function hasHistory(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('tessera_schema_migrations') IS NOT NULL AS exists",
  );
  return rows[0]?.exists === true;
}

async function createHistory(client: PoolClient): Promise<void> {
  await client.query(`
    CREATE TABLE tessera_schema_migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      compatible_with integer NOT NULL,
      description text,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
}

async function applyOne(client: PoolClient, migration: Migration): Promise<void> {
  await client.query(migration.sql);
  const description = JSON.stringify(await describeSchema(client));
  await client.query(
    `INSERT INTO tessera_schema_migrations (version, name, checksum, compatible_with, description)
     VALUES ($1, $2, $3, $4, $5)`,
    [migration.version, migration.name, checksumOf(migration), migration.compatibleWith, description],
  );
}
