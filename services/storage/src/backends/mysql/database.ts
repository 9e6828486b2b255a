import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@tessera/clock';
import { currentContext, type Logger } from '@tessera/telemetry';
import { mysqlMigrations } from '../../migrations/mysql.ts';
import type { StoreObserver } from '../../ports.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { isConflict, mysqlError } from './errors.ts';
import { migrateMysql } from './migrate.ts';
import { createMysqlPool } from './pool.ts';
import { createSession, inTransaction, type MysqlSession, type MysqlTransaction } from './session.ts';
import type { MysqlConfig } from './ssl.ts';

/** A database. Calls reject with a TesseraError: `unavailable` at once while the schema is not there. */
export interface MysqlDatabase {
  /** Runs `work`, each of whose statements is a transaction of its own, and reports it under `name`. */
  read<T>(name: string, work: (session: MysqlSession) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction and reports it under `name`. `work` is run again, a few times, when another transaction
   * was in the way.
   */
  write<T>(name: string, work: (transaction: MysqlTransaction) => Promise<T>): Promise<T>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How a database is opened. */
export interface MysqlOptions {
  readonly config: MysqlConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStatement?: StoreObserver;
}

/** How long an operation may take on its connection. */
const OPERATION_TIMEOUT_MS = 7000;
/** How often an operation is begun when others are in the way. */
const ATTEMPTS = 6;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;

/**
 * Opens a pool and brings the schema up to date in the background, trying again for as long as it takes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openMysqlDatabase({ config, clock, logger, onStatement }: MysqlOptions): MysqlDatabase {
  const pool = createMysqlPool(config, (err) => logger.warn({ err }, 'a MySQL connection broke'), logger);
  const closing = new AbortController();
  let isReady = false;

  const prepareSchema = async (): Promise<void> => {
    for (let delayMs = FIRST_RETRY_MS; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        await migrateMysql(pool, mysqlMigrations);
        isReady = true;
        return;
      } catch (thrown) {
        if (closing.signal.aborted) return;
        logger.warn({ err: thrown, host: config.host, database: config.database }, 'MySQL is not ready');
        await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const schema = prepareSchema();

  const attempt = async <T>(name: string, run: (deadlineMs: number) => Promise<T>): Promise<T> => {
    if (!isReady || closing.signal.aborted) throw storeUnavailable('MySQL');
    const deadlineMs = Math.min(
      currentContext()?.deadlineMs ?? Number.POSITIVE_INFINITY,
      clock.monotonicMs() + OPERATION_TIMEOUT_MS,
    );
    onStatement?.(name);
    try {
      return await withRetries(
        () => clock.monotonicMs() < deadlineMs,
        () => run(deadlineMs),
      );
    } catch (thrown) {
      const error = mysqlError(thrown);
      if (error.kind === 'internal') logger.error({ err: thrown, statement: name }, 'a statement failed');
      throw error;
    }
  };
  return {
    read: (name, work) =>
      attempt(name, () => pool.use(OPERATION_TIMEOUT_MS, (connection) => work(createSession(connection)))),
    write: (name, work) =>
      attempt(name, (deadlineMs) =>
        pool.use(OPERATION_TIMEOUT_MS, (connection) => inTransaction(connection, { clock, deadlineMs }, work)),
      ),
    ready: () => schema,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await schema;
      await pool.close();
    },
  };
}

/** A transaction that lost a deadlock has changed nothing and may be begun anew, each time a little later than others. */
async function withRetries<T>(isInTime: () => boolean, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (thrown) {
      const isOver = attempt >= ATTEMPTS || !isInTime();
      if (isOver || !isConflict(thrown)) throw thrown;
      await sleep(randomInt(1, 5 * 2 ** attempt));
    }
  }
}
