import type { QueryResultRow } from 'pg';
import { openPool, type PoolOptions } from './pool.ts';
import type { PostgresConfig } from './ssl.ts';
import type { Statement } from './statement.ts';

/** A read-only copy that may lag behind and may be gone. */
export interface Replica {
  /** The rows; undefined: it does not answer, or cannot give an answer now. Never rejects. */
  tryRun<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<R[] | undefined>;
  close(): Promise<void>;
}

/** How long a replica that did not answer is left alone, in milliseconds, so that not every list waits for it. */
const REST_MS = 5000;
/** The primary can answer as well, so nobody waits long for a replica. */
const CONNECT_SECONDS = 1;

/** Opens the pool of a replica: user, database and TLS as on the primary. */
export function openReplica(options: PoolOptions, { host, port }: NonNullable<PostgresConfig['replica']>): Replica {
  const { logger } = options;
  const config = { ...options.config, host, port, connectionTimeoutSeconds: CONNECT_SECONDS };
  const pool = openPool({ ...options, config, mayBeStandby: true });
  let restsUntilMs = 0;
  return {
    async tryRun<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]) {
      if (performance.now() < restsUntilMs) return undefined;
      try {
        return await pool.run<R>(statement, values);
      } catch (thrown) {
        restsUntilMs = performance.now() + REST_MS;
        logger.warn({ err: thrown, host }, 'the PostgreSQL replica does not answer; the primary is asked instead');
        return undefined;
      }
    },
    close: () => pool.close(),
  };
}
