import { mysqlMigrations } from '../../migrations/mysql.ts';
import { SchemaFault } from '../../migrations/schema-fault.ts';
import type { StoreSchema } from '../../migrations/schema-state.ts';
import { cannotOpen } from '../../rules/store-errors.ts';
import type { MysqlOptions } from './database.ts';
import { mysqlError } from './errors.ts';
import { checkMysql, migrateMysql } from './migrate.ts';
import { createMysqlPool } from './pool.ts';

/**
 * The schema of a MySQL database.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openMysqlSchema({ config, logger }: Pick<MysqlOptions, 'config' | 'logger'>): StoreSchema {
  const pool = createMysqlPool(config, (err) => logger.warn({ err }, 'a MySQL connection broke'), logger);
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      if (!(thrown instanceof SchemaFault)) throw mysqlError(thrown);
      throw cannotOpen(`cannot use the MySQL database ${config.database}: ${thrown.message}`, thrown);
    }
  };
  return {
    check: () => explained(checkMysql(pool, mysqlMigrations)),
    migrate: () => explained(migrateMysql(pool, mysqlMigrations)),
    close: () => pool.close(),
  };
}
