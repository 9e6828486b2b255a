import type { Pool, PoolClient } from 'pg';
import { type AppliedMigration, checksumOf, type Migration, pendingMigrations } from '../../migrations/migration.ts';

/** Key of the advisory lock that lets one replica migrate at a time. */
const MIGRATION_LOCK = 7_355_608_001;

/**
 * Brings the schema up to date: one transaction under an advisory lock, so that of replicas that start together one
 * does it and the others find it done. A role without the right to create tables may start on a schema that is current.
 *
 * @throws Error when the database holds a schema this version does not know.
 */
export async function migratePostgres(pool: Pool, migrations: readonly Migration[]): Promise<void> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query("BEGIN; SET LOCAL statement_timeout = '60s'");
    await client.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [MIGRATION_LOCK] });
    await applyPending(client, migrations);
    await client.query('COMMIT');
  } catch (thrown) {
    failure = thrown instanceof Error ? thrown : new Error(String(thrown));
    throw failure;
  } finally {
    // A connection in a failed transaction is closed, which takes everything back.
    client.release(failure);
  }
}

async function applyPending(client: PoolClient, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('tessera_schema_migrations') IS NOT NULL AS exists",
  );
  if (rows[0]?.exists !== true) {
    await client.query(`
      CREATE TABLE tessera_schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
  }
  const applied = await client.query<AppliedMigration>(
    'SELECT version, name, checksum FROM tessera_schema_migrations ORDER BY version',
  );
  for (const migration of pendingMigrations(migrations, applied.rows)) {
    await client.query(migration.sql);
    await client.query('INSERT INTO tessera_schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      migration.version,
      migration.name,
      checksumOf(migration),
    ]);
  }
}
