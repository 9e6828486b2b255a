import type { Logger } from '@tessera/telemetry';
import type { Access } from '@tessera/watched-files';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import { openStoreAccess } from '../../rules/store-access.ts';
import { isOfStatement, isPasswordRefused } from './errors.ts';
import { type PostgresConfig, sslOptions } from './ssl.ts';
import { refuseStandby, StandbyAwareClient } from './standby.ts';
import { preparedName, type Statement } from './statement.ts';

/** Told how the pool is doing. */
export interface PoolObserver {
  /** How long a statement waited for a connection, in milliseconds; with one idle, next to nothing. */
  poolWait(waitMs: number): void;
}

/** A pool of connections to one server. */
export interface StatementPool {
  /** Runs one prepared statement; rejects with the client's own error. */
  run<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[]>;
  /** Lends a connection; when `use` rejects, it is closed, which takes everything back. */
  withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How a pool is made. */
export interface PoolOptions {
  readonly config: PostgresConfig;
  readonly logger: Logger;
  readonly metrics?: PoolObserver | undefined;
  /** Whether the server may be one that takes no writes and lags behind. Default no: then such a server counts as away. */
  readonly mayBeStandby?: boolean;
}

const STATEMENT_TIMEOUT_MS = 5000;
/** Longer than the server's own limit, in milliseconds: only for a server that says nothing any more. */
export const QUERY_TIMEOUT_MS = 7000;
/** What `connectionTimeout: 0` comes to; nobody may wait for ever. */
const LONGEST_CONNECT_SECONDS = 30;
/**
 * A plan prepared while a table is nearly empty would read all of it, and be kept while the table grows to millions. Every
 * statement here finds its rows by an index and in the order of it, so nothing else is considered.
 */
const PLANNER_OPTIONS = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((plan) => `-c enable_${plan}=off`)
  .join(' ');

/** A connection that is lent may have been opened with a password of before. */
const LENT = { isProof: false };

/**
 * Opens a pool; connections are made when they are needed, each with the password and the certificates of that moment. Those
 * that are open go on: PostgreSQL does not end them when a password changes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS or password file cannot be read.
 */
export function openPool({ config, logger, metrics, mayBeStandby = false }: PoolOptions): StatementPool {
  const { password, passwordFile, ssl } = config;
  const tls = ssl.mode === 'disable' ? {} : ssl;
  const access = openStoreAccess({ store: 'PostgreSQL', password, passwordFile, tls }, logger);
  const pool = createPool(config, access, mayBeStandby);
  access.tls.onChange((material) => {
    pool.options.ssl = sslOptions(config, material);
  });
  const onIdleError = (error: Error): void => logger.warn({ err: error }, 'a PostgreSQL connection broke');
  pool.on('error', onIdleError);
  // The pool listens to a connection only while it is idle; while it is lent, the statement is told.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    const password: unknown = Reflect.get(client, 'password');
    if (typeof password === 'string') access.password.accepted(password);
  });

  const lend = async (): Promise<PoolClient> => {
    const connected = access.connect(() => pool.connect(), isPasswordRefused, LENT);
    if (metrics === undefined) return connected;
    const startedMs = performance.now();
    const client = await connected;
    metrics.poolWait(performance.now() - startedMs);
    return client;
  };
  return {
    async run<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]) {
      const client = await lend();
      try {
        const name = preparedName(statement);
        const { rows } = await client.query<R>({ name, text: statement.text, values: values as unknown[] });
        client.release();
        return rows;
      } catch (thrown) {
        client.release(!isOfStatement(thrown));
        throw thrown;
      }
    },
    async withClient<T>(use: (client: PoolClient) => Promise<T>) {
      const client = await lend();
      let isClean = false;
      try {
        const result = await use(client);
        isClean = true;
        return result;
      } finally {
        client.release(!isClean);
      }
    },
    close() {
      access.close();
      return pool.end();
    },
  };
}

function createPool(config: PostgresConfig, access: Access, mayBeStandby: boolean): Pool {
  const { host, port, database, user, maxOpenConns, connectionTimeoutSeconds } = config;
  const connectSeconds = connectionTimeoutSeconds === 0 ? LONGEST_CONNECT_SECONDS : connectionTimeoutSeconds;
  return new Pool({
    host,
    port,
    database,
    user,
    // Asked for each connection.
    password: config.passwordFile === undefined ? config.password : () => access.password.current(),
    max: maxOpenConns,
    connectionTimeoutMillis: connectSeconds * 1000,
    idleTimeoutMillis: 60_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    options: PLANNER_OPTIONS,
    application_name: 'tessera-storage',
    Client: StandbyAwareClient,
    ...(!mayBeStandby && { verify: refuseStandby }),
    ssl: sslOptions(config, access.tls.current()),
  });
}
