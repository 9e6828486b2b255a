import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '@tessera/telemetry';
import type { Access, TlsMaterial } from '@tessera/watched-files';
import type { SslOptions } from 'mysql2';
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { openStoreAccess } from '../../rules/store-access.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { isPasswordRefused } from './errors.ts';
import { type MysqlConfig, sslOptions } from './ssl.ts';

/** A bounded number of connections. */
export interface MysqlPool {
  /**
   * Runs `work` on a connection of its own, for `timeoutMs` at most: one that takes longer is closed, which ends what it does
   * on the server. Rejects with whatever `work` or the client throws, or `storage.unavailable`.
   */
  use<T>(timeoutMs: number, work: (connection: PoolConnection) => Promise<T>): Promise<T>;
  /** Ends the connections; those of a server that does not answer are cut. Never rejects. */
  close(): Promise<void>;
}

/** What `connectionTimeout: 0` comes to; nobody may wait for ever. */
const LONGEST_CONNECT_SECONDS = 30;
/** Most callers that wait for a connection. */
const LONGEST_QUEUE = 10_000;
const IDLE_MS = 30_000;
/** How long a server may take to say farewell. */
const CLOSE_MS = 2000;
/** Statements that stay prepared on each connection; there are some eighty in all. */
const PREPARED_STATEMENTS = 128;
/**
 * How a session is set up. A lock is waited for shorter than anybody waits for an answer; a client that vanished without a
 * word keeps its locks for a minute, longer than an idle connection stays in the pool.
 */
const SESSION = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION autocommit = 1, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    innodb_lock_wait_timeout = 3, wait_timeout = 60`,
];

/** A connection that is lent may have been opened with a password of before. */
const LENT = { isProof: false };

/**
 * Makes a pool; it connects when it is used, each time with the password and the certificates of that moment. Connections that
 * are open go on: MySQL does not end them when a password changes.
 *
 * @param onBroken told why an idle connection, or one being set up, broke.
 * @param logger told of passwords and certificates that change. Default: nobody is.
 * @throws TesseraError `storage.cannot_open` when a TLS or password file cannot be read, or the server cannot be verified.
 */
export function createMysqlPool(
  config: MysqlConfig,
  onBroken: (error: unknown) => void,
  logger: Logger = silentLogger,
): MysqlPool {
  const { connectionTimeoutSeconds, password, passwordFile, ssl } = config;
  sslOptions(config, {});
  const tls = ssl.mode === 'false' ? {} : ssl;
  const access = openStoreAccess({ store: 'MySQL', password, passwordFile, tls }, logger);
  const connectMs = (connectionTimeoutSeconds === 0 ? LONGEST_CONNECT_SECONDS : connectionTimeoutSeconds) * 1000;
  const pool = createPoolOf(config, connectMs);
  const connect = (): Promise<PoolConnection> =>
    access.connect(
      (present) => {
        useAccess(pool, config, { password: present, tls: access.tls });
        return acquire(pool, connectMs);
      },
      isPasswordRefused,
      LENT,
    );
  const connections = new Set<{ destroy(): void }>();
  pool.pool.on('connection', (connection) => {
    connections.add(connection);
    const opened: unknown = Reflect.get(Reflect.get(connection, 'config') ?? {}, 'password');
    if (typeof opened === 'string') access.password.accepted(opened);
    connection.on('end', () => connections.delete(connection));
    connection.on('error', onBroken);
    for (const sql of SESSION) {
      connection.query(sql, (error: unknown) => {
        if (error === null) return;
        onBroken(error);
        connection.destroy();
      });
    }
  });
  return {
    async use(timeoutMs, work) {
      const connection = await connect();
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          connection.destroy();
          reject(storeUnavailable('MySQL'));
        }, timeoutMs);
      });
      try {
        return await Promise.race([work(connection), timeout]);
      } finally {
        clearTimeout(timer);
        connection.release();
      }
    },
    async close() {
      access.close();
      const ended = pool.end().catch(onBroken);
      await Promise.race([ended, sleep(CLOSE_MS, undefined, { ref: false })]);
      for (const connection of connections) connection.destroy();
    },
  };
}

function createPoolOf(config: MysqlConfig, connectMs: number): Pool {
  const { host, port, database, user, maxOpenConns } = config;
  return createPool({
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    database,
    user,
    charset: 'utf8mb4',
    // A row that is there as it should be counts as not changed; and no server may ask for a file of ours.
    flags: ['-FOUND_ROWS', '-LOCAL_FILES'],
    connectionLimit: maxOpenConns,
    maxIdle: 0,
    idleTimeout: IDLE_MS,
    queueLimit: LONGEST_QUEUE,
    connectTimeout: connectMs,
    enableKeepAlive: true,
    maxPreparedStatements: PREPARED_STATEMENTS,
    multipleStatements: false,
  });
}

/** What the client knows of each connection that it makes from now on; it copies this for every one. */
interface ConnectionSettings {
  password: string;
  ssl: SslOptions | false;
  sslSource?: TlsMaterial;
}

function useAccess(
  pool: Pool,
  config: MysqlConfig,
  { password, tls }: { readonly password: string; readonly tls: Access['tls'] },
): void {
  const { connectionConfig } = pool.pool.config as unknown as { readonly connectionConfig: ConnectionSettings };
  connectionConfig.password = password;
  const material = tls.current();
  // The client keeps a context of TLS for each object of options.
  if (connectionConfig.sslSource === material) return;
  connectionConfig.sslSource = material;
  connectionConfig.ssl = sslOptions(config, material) ?? false;
}

/** Waits so long for a connection and no longer; one that comes later goes back. */
async function acquire(pool: Pool, timeoutMs: number): Promise<PoolConnection> {
  let isLate = false;
  const acquiring = pool.getConnection().then((connection) => {
    if (isLate) connection.release();
    return connection;
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(storeUnavailable('MySQL'));
    }, timeoutMs);
  });
  try {
    return await Promise.race([acquiring, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
