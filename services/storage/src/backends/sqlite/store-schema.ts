import type { Clock } from '@tessera/clock';
import type { StoreSchema } from '../../migrations/schema-state.ts';
import { checkSqliteFile, migrateSqliteFile } from './database.ts';

/** The schema of a SQLite file. The file is open only while it is looked at. */
export function openSqliteSchema({ file, clock }: { readonly file: string; readonly clock: Clock }): StoreSchema {
  return {
    check: async () => checkSqliteFile(file),
    migrate: async () => migrateSqliteFile(file, clock.now()),
    async close() {},
  };
}
