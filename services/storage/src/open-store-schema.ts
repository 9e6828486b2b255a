import type { StorageConfig } from '@tessera/config';
import type { StoreSchema } from './migrations/schema-state.ts';
import type { OpenOptions } from './open-stores.ts';

/**
 * The schema of the configured durable store; only its database client is loaded. The store need not be closed for it: one
 * replica migrates at a time, and all code that is running works on the schema after a step, or the step says it does not.
 *
 * @throws TesseraError `storage.cannot_open`.
 */
export async function openStoreSchema(
  config: StorageConfig,
  { clock, logger }: Pick<OpenOptions, 'clock' | 'logger'>,
): Promise<StoreSchema> {
  switch (config.type) {
    case 'memory':
      return { check: async () => ({ applied: 0, pending: [] }), migrate: async () => [], async close() {} };
    case 'sqlite3': {
      const { openSqliteSchema } = await import('./backends/sqlite/store-schema.ts');
      return openSqliteSchema({ file: config.file, clock });
    }
    case 'postgres': {
      const { openPostgresSchema } = await import('./backends/postgres/store-schema.ts');
      return openPostgresSchema({ config, logger });
    }
    case 'mysql': {
      const { openMysqlSchema } = await import('./backends/mysql/store-schema.ts');
      return openMysqlSchema({ config, logger });
    }
    case 'etcd': {
      const { openEtcdSchema } = await import('./backends/etcd/store-schema.ts');
      return openEtcdSchema({ config, clock, logger });
    }
  }
}
