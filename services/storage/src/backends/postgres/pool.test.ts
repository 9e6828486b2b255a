import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory, type PostgresServer, startPostgres } from '@tessera/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool } from './pool.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ fsync: false });
}, 30_000);
afterAll(() => server?.close(), 30_000);

async function asAdministrator(sql: string): Promise<void> {
  const client = new pg.Client(server.url());
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** A role with a password of a file, and a pool of that role. */
async function createBench(role: string) {
  const folder = await createTempDirectory('postgres-password');
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, 'old\n');
  await asAdministrator(`CREATE ROLE ${role} LOGIN PASSWORD 'old'`);
  const { host, port } = server;
  const pool = openPool({
    config: {
      type: 'postgres',
      ...{ host, port, database: 'postgres', user: role, password: 'old', passwordFile },
      connectionTimeoutSeconds: 5,
      maxOpenConns: 2,
      ssl: { mode: 'disable' },
    },
    logger: silentLogger,
  });
  const ask = () => pool.withClient(async (client) => (await client.query('SELECT 1 AS one')).rowCount);
  const close = async (): Promise<void> => {
    await pool.close();
    await folder.remove();
  };
  return {
    passwordFile,
    pool,
    ask,
    setPassword: () => asAdministrator(`ALTER ROLE ${role} PASSWORD 'new'`),
    hangUp: () => asAdministrator(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`),
    [Symbol.asyncDispose]: close,
  };
}

test('a password that is changed first on the server: connections that are open go on, and new ones find it in the file at once', async () => {
  await using bench = await createBench('server_first');
  expect(await bench.ask()).toBe(1);
  await bench.setPassword();
  expect(await bench.ask()).toBe(1);
  await bench.hangUp();
  await expect.poll(() => bench.ask().catch((error: { code: string }) => error.code)).toBe('28P01');
  await writeFile(bench.passwordFile, 'new\n');
  expect(await bench.ask()).toBe(1);
});

test('a password that is changed first in the file is no outage: the former one is used while the server takes it', async () => {
  await using bench = await createBench('file_first');
  await writeFile(bench.passwordFile, 'new');
  expect(await Promise.all([bench.ask(), bench.ask(), bench.ask()])).toEqual([1, 1, 1]);
  await bench.setPassword();
  // One more connection than there is: the other one is in use.
  expect(await bench.pool.withClient(() => bench.ask())).toBe(1);
});
