import { setTimeout as sleep } from 'node:timers/promises';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import { Pool, type QueryResultRow } from 'pg';
import { postgresMigrations } from '../../migrations/postgres.ts';
import type { StoreObserver } from '../../ports.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { isConflict, postgresError } from './errors.ts';
import { migratePostgres } from './migrate.ts';
import { type PostgresConfig, sslOptions } from './ssl.ts';

/** A statement, prepared once per connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A pool of connections. */
export interface PostgresDatabase {
  /** Runs one statement. Rejects with a TesseraError: `unavailable` at once while the schema is not there. */
  query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How a pool is made. */
export interface PostgresOptions {
  readonly config: PostgresConfig;
  readonly logger: Logger;
  readonly onStatement?: StoreObserver;
}

const STATEMENT_TIMEOUT_MS = 5000;
/** Longer than the server's own limit, in milliseconds: only for a server that says nothing any more. */
export const QUERY_TIMEOUT_MS = 7000;
/** What `connectionTimeout: 0` comes to; nobody may wait for ever. */
const LONGEST_CONNECT_SECONDS = 30;
/**
 * A plan prepared while a table is nearly empty would read all of it, and be kept while the table grows to millions. Every
 * statement here finds its rows by an index, so nothing else is considered.
 */
const PLANNER_OPTIONS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;

/**
 * Opens a pool and brings the schema up to date in the background, trying again for as long as it takes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openPostgresDatabase({ config, logger, onStatement }: PostgresOptions): PostgresDatabase {
  const pool = createPool(config);
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle PostgreSQL connection broke'));
  const closing = new AbortController();
  let isReady = false;

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

  const run = async <R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]> => {
    onStatement?.(statement.name);
    return (await pool.query<R>({ ...statement, values: [...values] })).rows;
  };
  return {
    async query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]) {
      if (!isReady || closing.signal.aborted) throw storeUnavailable('PostgreSQL');
      try {
        // A statement that lost a deadlock has changed nothing, and every one may be sent again.
        return await run<R>(statement, values).catch((thrown: unknown) => {
          if (isConflict(thrown)) return run<R>(statement, values);
          throw thrown;
        });
      } catch (thrown) {
        const error = postgresError(thrown);
        if (error.kind === 'internal') logger.error({ err: thrown, statement: statement.name }, 'a statement failed');
        throw error;
      }
    },
    ready: () => schema,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await schema;
      await pool.end();
    },
  };
}

function createPool(config: PostgresConfig): Pool {
  const { host, port, database, user, password, maxOpenConns, connectionTimeoutSeconds } = config;
  const connectSeconds = connectionTimeoutSeconds === 0 ? LONGEST_CONNECT_SECONDS : connectionTimeoutSeconds;
  return new Pool({
    host,
    port,
    database,
    user,
    password,
    max: maxOpenConns,
    connectionTimeoutMillis: connectSeconds * 1000,
    idleTimeoutMillis: 60_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    options: PLANNER_OPTIONS,
    application_name: 'tessera-storage',
    ssl: sslOptions(config),
  });
}

/** The only row a statement has to give. */
export function onlyRow<R>(rows: readonly R[]): R {
  const [row] = rows;
  if (row === undefined) {
    throw new TesseraError({ kind: 'internal', code: 'internal.unexpected', message: 'a statement gave no row' });
  }
  return row;
}
