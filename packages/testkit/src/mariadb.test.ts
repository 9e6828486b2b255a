import { access } from 'node:fs/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MariadbServer, startMariadb } from './mariadb.ts';
import { stillRunning } from './process-tree.ts';

let server: MariadbServer;
beforeAll(async () => {
  server = await startMariadb({ maxConnections: 17 });
}, 60_000);
afterAll(() => server?.close(), 30_000);

async function query(sql: string, database?: string): Promise<unknown[]> {
  const [rows] = await server.withConnection(
    (connection) => connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true }),
    database,
  );
  return Array.isArray(rows) ? rows.flat() : [];
}

test('Commits are durable unless that is switched off, and connections are limited', async () => {
  expect(await query('SELECT @@innodb_flush_log_at_trx_commit, @@max_connections')).toEqual([1, 17]);
  await using quick = await startMariadb({ fsync: false });
  const [rows] = await quick.withConnection((connection) =>
    connection.query('SELECT @@innodb_flush_log_at_trx_commit AS flushes'),
  );
  expect(rows).toEqual([{ flushes: 0 }]);
}, 30_000);

test('Data and port outlive a stop and a crash, and no process is left while stopped', async () => {
  const database = await server.createDatabase();
  await query('CREATE TABLE kept (value int)', database);
  for (const [value, signal] of [
    [1, undefined],
    [2, 'SIGKILL'],
  ] as const) {
    await query(`INSERT INTO kept VALUES (${value})`, database);
    const pids = await server.pids();
    await server.stop(signal);
    expect(await stillRunning(pids)).toEqual([]);
    await server.start();
  }
  expect(await query('SELECT value FROM kept ORDER BY value', database)).toEqual([1, 2]);
  await server.dropDatabase(database);
  await expect(query('SELECT 1', database)).rejects.toThrow('Unknown database');
}, 30_000);

test('A server that cannot start is reported with its own words, and closing removes the directory', async () => {
  await expect(startMariadb({ settings: { 'innodb-page-size': '3' } })).rejects.toThrow(/MariaDB did not start/);
  const closed = await startMariadb({ fsync: false });
  await access(closed.socket);
  await closed.close();
  await expect(access(closed.socket)).rejects.toMatchObject({ code: 'ENOENT' });
}, 30_000);
