import type { DurableStore } from '../../ports.ts';
import { type MysqlOptions, openMysqlDatabase } from './database.ts';
import { createMysqlGrants } from './grants.ts';
import { createEventWriter, createMysqlOutbox } from './outbox.ts';
import { createMysqlPortable } from './portable.ts';
import { createMysqlRecords } from './records.ts';

/** How a MySQL store is opened. */
export interface MysqlStoreOptions extends MysqlOptions {
  /** Whether events are kept. */
  readonly hasOutbox: boolean;
}

/**
 * Durable state in MySQL 8 or MariaDB 10.6, or later, shared by any number of processes. A commit is answered when the server
 * says it is on disk (`innodb_flush_log_at_trx_commit` is left as the server has it).
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read. A server that does not answer throws nothing.
 */
export function openMysqlStore({ hasOutbox, ...options }: MysqlStoreOptions): DurableStore {
  const { clock } = options;
  const database = openMysqlDatabase(options);
  const events = createEventWriter(hasOutbox);
  return {
    ready: () => database.ready(),
    close: () => database.close(),
    ...createMysqlGrants({ database, clock, events }),
    ...createMysqlRecords({ database, clock, events }),
    ...createMysqlOutbox(database, events),
    ...createMysqlPortable(database),
  };
}
