import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@tessera/clock';
import { type AppliedMigration, checksumOf, type Migration, pendingMigrations } from '../../migrations/migration.ts';
import { inTransaction } from './transaction.ts';

/**
 * Brings the schema up to date in one transaction, which is the lock as well.
 *
 * @throws Error when the file holds a schema this version does not know.
 */
export function migrateSqlite(database: DatabaseSync, migrations: readonly Migration[], clock: Clock): void {
  inTransaction(database, () => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
      ) STRICT`);
    const applied = database.prepare('SELECT version, name, checksum FROM schema_migrations ORDER BY version').all();
    const record = database.prepare(
      'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)',
    );
    for (const migration of pendingMigrations(migrations, applied as unknown as AppliedMigration[])) {
      database.exec(migration.sql);
      record.run(migration.version, migration.name, checksumOf(migration), clock.now().getTime());
    }
  });
}
