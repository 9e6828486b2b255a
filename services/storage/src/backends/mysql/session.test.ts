import { systemClock } from '@tessera/clock';
import { type MariadbServer, pauseProcess, startMariadb, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMysqlPool, type MysqlPool } from './pool.ts';
import { createSession, inTransaction, type MysqlTransaction } from './session.ts';

let server: MariadbServer;
let pool: MysqlPool;
beforeAll(async () => {
  server = await startMariadb({ fsync: false });
  const { host, port, user, password } = server;
  const access = { host, port, user, password, database: await server.createDatabase() };
  pool = createMysqlPool(
    { type: 'mysql', ...access, connectionTimeoutSeconds: 5, maxOpenConns: 2, ssl: { mode: 'false' } },
    () => undefined,
  );
  await pool.use(5000, (connection) => createSession(connection).statement('CREATE TABLE kept (value INT)'));
}, 30_000);
afterAll(async () => {
  await pool?.close();
  await server?.close();
}, 30_000);

const kept = () =>
  pool.use(5000, (connection) => createSession(connection).rows('SELECT value FROM kept ORDER BY value'));

/** Inserts a value in a transaction of which the answer is waited for 300 ms, and calls `last` before the commit. */
function insert(value: number, last: (transaction: MysqlTransaction) => void | Promise<void>): Promise<void> {
  return pool.use(5000, (connection) =>
    inTransaction(connection, { clock: systemClock, deadlineMs: performance.now() + 300 }, async (transaction) => {
      const sql = 'SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED) AS server_ms';
      const [moment] = await transaction.rows<{ readonly server_ms: number }>(sql);
      transaction.assertInTime(moment?.server_ms ?? 0);
      await transaction.change('INSERT INTO kept VALUES (?)', [value]);
      await last(transaction);
    }),
  );
}

test('N18: a commit that reaches a stalled server in time, and that it comes to too late, is refused', async () => {
  await insert(1, () => undefined);
  const startedMs = performance.now();
  const stalled = insert(2, () => pauseProcess(server.pid));
  await waitFor(() => performance.now() > startedMs + 500, { what: 'the deadline to pass' });
  process.kill(server.pid, 'SIGCONT');
  await expect(stalled).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  expect(await kept()).toEqual([{ value: 1 }]);
});

test('what throws takes everything back, and the connection can be used again', async () => {
  const failing = insert(3, () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const late = pool.use(5000, (connection) =>
    inTransaction(connection, { clock: systemClock, deadlineMs: performance.now() - 1 }, (transaction) =>
      transaction.change('INSERT INTO kept VALUES (4)'),
    ),
  );
  await expect(late).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(await Promise.all([kept(), kept(), kept()])).toEqual(Array.from({ length: 3 }, () => [{ value: 1 }]));
});

test('work that takes longer than it may is ended by closing its connection, also on the server', async () => {
  const slow = pool.use(200, (connection) =>
    inTransaction(connection, { clock: systemClock, deadlineMs: performance.now() + 5000 }, async (transaction) => {
      await transaction.change('INSERT INTO kept VALUES (5)');
      await transaction.rows('SELECT SLEEP(1)');
    }),
  );
  await expect(slow).rejects.toMatchObject({ code: 'storage.unavailable' });
  expect(await kept()).toEqual([{ value: 1 }]);
});

test('a pool is closed in time, also when the server does not answer', async () => {
  const { host, port, user, password } = server;
  const own = createMysqlPool(
    {
      type: 'mysql',
      host,
      port,
      user,
      password,
      database: await server.createDatabase(),
      connectionTimeoutSeconds: 1,
      maxOpenConns: 2,
      ssl: { mode: 'false' },
    },
    () => undefined,
  );
  const ask = () => own.use(300, (connection) => createSession(connection).rows('SELECT 1'));
  await Promise.all([ask(), ask()]);
  await pauseProcess(server.pid);
  try {
    await expect(ask()).rejects.toMatchObject({ code: 'storage.unavailable' });
    await own.close();
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await expect(ask()).rejects.toThrow('Pool is closed');
});
