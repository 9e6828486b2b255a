import type { DurableStore } from '../../ports.ts';
import { openPostgresDatabase, type PostgresOptions } from './database.ts';
import { createPostgresGrants } from './grants.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresPortable } from './portable.ts';
import { createPostgresRecords } from './records.ts';

/**
 * Durable state in PostgreSQL 15 or later, shared by any number of processes. A commit is answered when the server says it
 * is on disk (`synchronous_commit` is left as the server has it).
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read. A server that does not answer throws nothing.
 */
export function openPostgresStore(options: PostgresOptions): DurableStore {
  const { hasOutbox } = options;
  const database = openPostgresDatabase(options);
  return {
    ready: () => database.ready(),
    close: () => database.close(),
    ...createPostgresGrants(database, hasOutbox),
    ...createPostgresRecords(database, hasOutbox),
    ...createPostgresOutbox(database, hasOutbox),
    ...createPostgresPortable(database),
  };
}
