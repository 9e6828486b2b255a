import type { DurableStore } from '../../ports.ts';
import { openSqliteDatabase, type SqliteOptions } from './database.ts';
import { createSqliteGrants } from './grants.ts';
import { createSqliteClients, createSqliteKeySets, createSqliteUsers } from './records.ts';

/**
 * Durable state in one SQLite file, for one process. Statements run on the event loop; a batch is one transaction and so
 * one wait for the disk.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export function openSqliteStore(options: SqliteOptions): DurableStore {
  const database = openSqliteDatabase(options);
  return {
    async ready() {},
    async close() {
      database.close();
    },
    ...createSqliteGrants(database),
    ...createSqliteUsers(database),
    ...createSqliteClients(database),
    ...createSqliteKeySets(database),
  };
}
