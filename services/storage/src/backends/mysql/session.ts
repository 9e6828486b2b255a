import type { Clock } from '@tessera/clock';
import type { ResultSetHeader, RowDataPacket } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { type StatementValue, sentValue } from './statement.ts';

/** A connection while it is ours. Each method is one round trip (and another one the first time a connection sees a text). */
export interface MysqlSession {
  rows<R>(sql: string, values?: readonly StatementValue[]): Promise<readonly R[]>;
  /** Says how many rows were inserted or changed; one that was there as it should be counts nothing. */
  change(sql: string, values?: readonly StatementValue[]): Promise<number>;
  /** For what the server does not prepare, such as triggers. */
  statement(sql: string): Promise<void>;
}

/** A session between begin and commit. */
export interface MysqlTransaction extends MysqlSession {
  /**
   * Ends the transaction when its caller does not wait any more, and lets the server refuse the commit when that comes to it
   * too late: a caller that got no answer presents the same token again, and must not be taken for somebody who reuses it.
   *
   * @param serverMs the server's clock just now.
   */
  assertInTime(serverMs: number): void;
}

/** Runs statements on a connection. */
export function createSession(connection: PoolConnection): MysqlSession {
  return {
    async rows<R>(sql: string, values: readonly StatementValue[] = []) {
      const [rows] = await connection.execute<RowDataPacket[]>(sql, values.map(sentValue));
      return rows as unknown as readonly R[];
    },
    async change(sql, values = []) {
      const [header] = await connection.execute<ResultSetHeader>(sql, values.map(sentValue));
      return header.affectedRows;
    },
    async statement(sql) {
      await connection.query(sql);
    },
  };
}

const STATUS_AUTOCOMMIT = 2;
/** Later than every moment. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * Runs `work` in a transaction: one round trip to begin, one to commit. Setting `autocommit` commits what is open, and being
 * an expression it does so only as long as the server's clock is before the limit: whatever stalls the server between two
 * statements, the commit itself is never late.
 *
 * @param options.deadlineMs until when somebody waits, by the clock's `monotonicMs`.
 * @throws whatever `work` does, after taking everything back; `storage.unavailable` when it is too late.
 */
export async function inTransaction<T>(
  connection: PoolConnection,
  { clock, deadlineMs }: { readonly clock: Clock; readonly deadlineMs: number },
  work: (transaction: MysqlTransaction) => Promise<T>,
): Promise<T> {
  let limitMs = NO_LIMIT;
  const remainingMs = (): number => {
    const remaining = deadlineMs - clock.monotonicMs();
    if (remaining <= 0) throw storeUnavailable('MySQL');
    return remaining;
  };
  const transaction: MysqlTransaction = {
    ...createSession(connection),
    assertInTime(serverMs) {
      limitMs = serverMs + remainingMs();
    },
  };
  await connection.query('SET autocommit = 0');
  try {
    const result = await work(transaction);
    remainingMs();
    const commit = 'SET autocommit = (UNIX_TIMESTAMP(NOW(3)) * 1000 < CAST(? AS DECIMAL(20, 3)))';
    const [header] = await connection.execute<ResultSetHeader>(commit, [String(limitMs)]);
    if ((header.serverStatus & STATUS_AUTOCOMMIT) === 0) throw storeUnavailable('MySQL');
    return result;
  } catch (thrown) {
    await takeBack(connection);
    throw thrown;
  }
}

/** A connection that does not answer even to that is closed, at which the server takes everything back. */
async function takeBack(connection: PoolConnection): Promise<void> {
  try {
    await connection.query('ROLLBACK');
    await connection.query('SET autocommit = 1');
  } catch {
    connection.destroy();
  }
}
