import { postgresMigrations } from '../../migrations/postgres.ts';
import { SchemaFault } from '../../migrations/schema-fault.ts';
import type { StoreSchema } from '../../migrations/schema-state.ts';
import { cannotOpen } from '../../rules/store-errors.ts';
import type { PostgresOptions } from './database.ts';
import { postgresError } from './errors.ts';
import { checkPostgres, migratePostgres } from './migrate.ts';
import { openPool } from './pool.ts';

/**
 * The schema of a PostgreSQL database.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openPostgresSchema({ config, logger }: Pick<PostgresOptions, 'config' | 'logger'>): StoreSchema {
  const pool = openPool({ config, logger });
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      if (!(thrown instanceof SchemaFault)) throw postgresError(thrown);
      throw cannotOpen(`cannot use the PostgreSQL database ${config.database}: ${thrown.message}`, thrown);
    }
  };
  return {
    check: () => explained(checkPostgres(pool, postgresMigrations)),
    migrate: () => explained(migratePostgres(pool, postgresMigrations)),
    close: () => pool.close(),
  };
}
