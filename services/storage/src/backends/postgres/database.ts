import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@tessera/telemetry';
import type { QueryResultRow } from 'pg';
import { postgresMigrations } from '../../migrations/postgres.ts';
import type { StoreObserver } from '../../ports.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { isConflict, postgresError } from './errors.ts';
import { migratePostgres } from './migrate.ts';
import { openPool, type PoolObserver } from './pool.ts';
import { openReplica } from './replica.ts';
import type { PostgresConfig } from './ssl.ts';
import type { Statement } from './statement.ts';

/** Pools of connections. Calls reject with a TesseraError: `unavailable` at once while the schema is not there. */
export interface PostgresDatabase {
  /** Runs one statement. */
  query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]>;
  /** Runs one reading statement that may see an earlier moment: on the replica, if there is one and it answers. */
  queryLagging<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]>;
  /** From now on the replica is not asked any more: nothing may be missing in what is read. */
  leaveReplica(): void;
  /** Runs a script of several statements, which is one transaction. */
  script(name: string, sql: string): Promise<void>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How a store in PostgreSQL is opened. */
export interface PostgresOptions {
  readonly config: PostgresConfig;
  readonly logger: Logger;
  /** Whether events are kept. */
  readonly hasOutbox: boolean;
  readonly metrics?: PoolObserver;
  readonly onStatement?: StoreObserver;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** How often a statement that lost to another one is sent again. */
const MAX_REPETITIONS = 2;

/**
 * Opens the pools and brings the schema up to date in the background, trying again for as long as it takes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openPostgresDatabase(options: PostgresOptions): PostgresDatabase {
  const { config, logger, metrics, onStatement } = options;
  const pool = openPool({ config, logger, metrics });
  const replica = config.replica === undefined ? undefined : openReplica({ config, logger, metrics }, config.replica);
  const closing = new AbortController();
  let isReady = false;
  let asksReplica = true;

  const prepareSchema = async (): Promise<void> => {
    for (let delayMs = FIRST_RETRY_MS; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        await migratePostgres(pool, postgresMigrations);
        isReady = true;
        return;
      } catch (thrown) {
        if (closing.signal.aborted) return;
        logger.warn({ err: thrown, host: config.host, database: config.database }, 'PostgreSQL is not ready');
        await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const schema = prepareSchema();

  /** A statement that lost to another one has changed nothing, and every one may be sent again. */
  const repeated = async <T>(name: string, use: () => Promise<T>, lost: unknown): Promise<T> => {
    let reason = lost;
    for (let repetition = 1; repetition <= MAX_REPETITIONS && isConflict(reason); repetition += 1) {
      try {
        onStatement?.(name);
        return await use();
      } catch (thrown) {
        reason = thrown;
      }
    }
    throw reason;
  };
  /** Runs `use` while the schema is there, and gives its errors their meaning. */
  const guarded = async <T>(name: string, use: () => Promise<T>): Promise<T> => {
    if (!isReady || closing.signal.aborted) throw storeUnavailable('PostgreSQL');
    try {
      onStatement?.(name);
      return await use().catch((thrown: unknown) => repeated(name, use, thrown));
    } catch (thrown) {
      const error = postgresError(thrown);
      if (error.kind === 'internal') logger.error({ err: thrown, statement: name }, 'a statement failed');
      throw error;
    }
  };
  const query = <R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]> =>
    guarded(statement.name, () => pool.run<R>(statement, values));
  return {
    query,
    async queryLagging<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]) {
      const rows = isReady && asksReplica ? await replica?.tryRun<R>(statement, values) : undefined;
      if (rows === undefined) return query<R>(statement, values);
      onStatement?.(statement.name);
      return rows;
    },
    leaveReplica() {
      asksReplica = false;
    },
    script: (name, sql) => guarded(name, () => pool.withClient(async (client) => void (await client.query(sql)))),
    ready: () => schema,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await schema;
      await Promise.all([pool.close(), replica?.close()]);
    },
  };
}
