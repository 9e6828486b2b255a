import { access, readlink } from 'node:fs/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { debianDirectory } from './postgres-binaries.ts';
import { stillRunning } from './process-tree.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ maxConnections: 17 });
}, 60_000);
afterAll(() => server.close());

async function query(text: string, database?: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

test('Commits are durable unless that is switched off, and connections are limited', async () => {
  expect(await query('show fsync')).toEqual(['on']);
  expect(await query('show synchronous_commit')).toEqual(['on']);
  expect(await query('show max_connections')).toEqual(['17']);
  await using quick = await startPostgres({ fsync: false });
  const client = new Client({ connectionString: quick.url() });
  await client.connect();
  expect((await client.query('show fsync')).rows).toEqual([{ fsync: 'off' }]);
  await client.end();
});

test('PostgreSQL 15 is started where that is asked for, and whoever lacks it is told how to get it', async () => {
  await using old = await startPostgres({ version: 15, fsync: false });
  const client = new Client({ connectionString: old.url(await old.createDatabase()) });
  await client.connect();
  const { rows } = await client.query('show server_version_num');
  expect(rows).toEqual([{ server_version_num: expect.stringMatching(/^15/) }]);
  await client.end();
  await expect(debianDirectory('/nowhere')).rejects.toThrow('apt-get install postgresql-15');
}, 30_000);

test('A database can be copied from a template, and dropped', async () => {
  const template = await server.createDatabase('a "template"');
  await query('create table greeting as select 1 as one', encodeURIComponent(template));
  const copy = await server.createDatabase(undefined, { template });
  expect(await query('select one from greeting', copy)).toEqual([1]);
  await server.dropDatabase(copy);
  await expect(query('select 1', copy)).rejects.toThrow('does not exist');
});

test('A wrong password is refused', async () => {
  const url = new URL(server.url());
  url.password = 'wrong';
  const client = new Client({ connectionString: url.href });
  await expect(client.connect()).rejects.toThrow('password authentication failed');
});

test('Data and port outlive a stop and a crash, and no process is left while stopped', {
  timeout: 30_000,
}, async () => {
  const database = await server.createDatabase();
  await query('create table kept (value int)', database);
  for (const [value, signal] of [
    [1, undefined],
    [2, 'SIGKILL'],
  ] as const) {
    await query(`insert into kept values (${value})`, database);
    const pids = await server.pids();
    expect(pids.length).toBeGreaterThan(3);
    await server.stop(signal);
    expect(await stillRunning(pids)).toEqual([]);
    expect(await server.pids()).toEqual([]);
    await server.start();
  }
  expect(await query('select value from kept order by value', database)).toEqual([1, 2]);
});

test('A server that cannot start is reported with its own words, and leaves no directory', async () => {
  const starting = startPostgres({ settings: { shared_buffers: 'plenty' } });
  await expect(starting).rejects.toThrow(/PostgreSQL did not start[\s\S]*shared_buffers/);
});

test.runIf(process.platform === 'linux')('Closing removes the directory and may be done twice', async () => {
  const closed = await startPostgres({ fsync: false });
  const data = await readlink(`/proc/${closed.pid}/cwd`);
  await access(data);
  await closed.close();
  await closed.close();
  await expect(access(data)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(() => closed.pid).toThrow('PostgreSQL is stopped');
});
