import type { DatabaseSync } from 'node:sqlite';
import { checksumOf, type Migration } from '../../migrations/migration.ts';
import type { SchemaState } from '../../migrations/schema-state.ts';
import { assertSchemaAsLeft, type MigrationRow, planMigrations } from '../sql/migration-plan.ts';
import { describeSqlite } from './describe.ts';
import { inTransaction } from './transaction.ts';

/**
 * Brings the schema up to date in one transaction, which is the lock as well.
 *
 * @returns the steps that were applied.
 * @throws SchemaFault when the file holds a schema this version does not work on, or one that was changed by hand.
 */
export function migrateSqlite(
  database: DatabaseSync,
  migrations: readonly Migration[],
  now: Date,
): readonly Migration[] {
  return inTransaction(database, 'IMMEDIATE', () => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        compatible_with INTEGER NOT NULL,
        applied_at INTEGER NOT NULL,
        schema_json TEXT
      ) STRICT`);
    const { pending } = inspect(database, migrations);
    const record = database.prepare(`
      INSERT INTO schema_migrations (version, name, checksum, compatible_with, applied_at) VALUES (?, ?, ?, ?, ?)`);
    for (const migration of pending) {
      const { version, name, compatibleWith } = migration;
      database.exec(migration.sql);
      record.run(version, name, checksumOf(migration), compatibleWith, now.getTime());
    }
    const last = pending.at(-1);
    if (last === undefined) return pending;
    database
      .prepare('UPDATE schema_migrations SET schema_json = ? WHERE version = ?')
      .run(JSON.stringify(describeSqlite(database)), last.version);
    return pending;
  });
}

/**
 * Says which steps are missing, and changes nothing.
 *
 * @throws SchemaFault as {@link migrateSqlite} does.
 */
export function checkSqlite(database: DatabaseSync, migrations: readonly Migration[]): SchemaState {
  return inTransaction(database, 'DEFERRED', () => {
    const history = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'");
    if (history.get() === undefined) return { applied: 0, pending: planMigrations(migrations, []) };
    return inspect(database, migrations);
  });
}

interface Inspected extends SchemaState {
  readonly pending: readonly Migration[];
}

function inspect(database: DatabaseSync, migrations: readonly Migration[]): Inspected {
  const rows = database.prepare('SELECT * FROM schema_migrations ORDER BY version').all();
  const applied = rows as unknown as readonly MigrationRow[];
  const pending = planMigrations(migrations, applied);
  assertSchemaAsLeft(applied, describeSqlite(database));
  return { applied: applied.length, pending };
}
