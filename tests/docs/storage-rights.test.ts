import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createTempDirectory,
  startEtcd,
  startMariadb,
  startPostgres,
  startRedis,
  tryProgram,
  waitFor,
} from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { codeOf, post, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'packages/cli/src/main.ts');
/** The passwords that the guide shows. */
const [SCHEMA_PASSWORD, PASSWORD] = ['first secret', 'second secret'];

type Block = Readonly<Record<string, unknown>>;

const stack = new AsyncDisposableStack();
let guide: string;
let base: Block;
beforeAll(async () => {
  guide = await readFile(join(ROOT, 'docs/guides/storage.md'), 'utf8');
  const folder = stack.use(await createTempDirectory('rights'));
  const redis = stack.use(await startRedis());
  // Whoever has no user of their own may do nothing.
  await redis.cli(...commandIn('redis: administrator'));
  await redis.cli('ACL', 'SETUSER', 'default', '-@all', '+acl', '+ping');
  base = {
    ...systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort: 1, upstreamIssuer: 'http://127.0.0.1:1' }),
    connectors: [],
    keyEncryption: { value: Buffer.alloc(32, 5).toString('base64') },
    expiry: { refreshTokens: { reuseInterval: '0s' } },
    events: { type: 'file', config: { file: join(folder.path, 'events.jsonl') } },
    ephemeral: { type: 'redis', config: { port: redis.port, username: 'tessera', password: 'secret' } },
  };
});
afterAll(() => stack.disposeAsync());

test('With the rights that the guide gives on PostgreSQL and Redis everything works, and the schema cannot be changed', async () => {
  await using server = await startPostgres({ fsync: false });
  const run = async (user: string, password: string, database: string, sql: string): Promise<void> => {
    const client = new Client({ host: server.host, port: server.port, user, password, database });
    await client.connect();
    try {
      for (const statement of statementsOf(sql)) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const storage = (user: string, password: string): Block => ({
    type: 'postgres',
    config: { host: server.host, port: server.port, database: 'tessera', user, password, ssl: { mode: 'disable' } },
  });
  await run(server.user, server.password, 'postgres', textIn('postgres: administrator'));
  await migrate(storage('tessera_schema', SCHEMA_PASSWORD));
  await run('tessera_schema', SCHEMA_PASSWORD, 'tessera', textIn('postgres: owner'));
  await expectWork(storage('tessera_storage', PASSWORD));
  await expectRetiring(storage('tessera_schema', SCHEMA_PASSWORD));
  await expectNoRetiring(storage('tessera_storage', PASSWORD));
  const change = 'ALTER TABLE tessera_grants ADD COLUMN more text';
  await expect(run('tessera_storage', PASSWORD, 'tessera', change)).rejects.toThrow('must be owner');
  await expect(run('tessera_storage', PASSWORD, 'postgres', 'CREATE TABLE t ()')).rejects.toThrow('permission denied');
});

test('With the rights that the guide gives on MariaDB everything works, and the schema cannot be changed', async () => {
  await using server = await startMariadb({ fsync: false });
  await server.withConnection(async (connection) => {
    for (const statement of statementsOf(textIn('mysql: administrator'))) await connection.query(statement);
  });
  const { host, port } = server;
  const storage = (user: string, password: string): Block => ({
    type: 'mysql',
    config: { host, port, database: 'tessera', user, password, ssl: { mode: 'false' } },
  });
  await migrate(storage('tessera_schema', SCHEMA_PASSWORD));
  await expectWork(storage('tessera_storage', PASSWORD));
  await expectRetiring(storage('tessera_schema', SCHEMA_PASSWORD));
  await expectNoRetiring(storage('tessera_storage', PASSWORD));
});

test('With the rights that the guide gives on etcd everything works', async () => {
  await using server = await startEtcd({ rootPassword: 'root' });
  for (const line of textIn('etcd: administrator').trim().split('\n')) {
    await server.etcdctl(...line.replace(/^etcdctl /, '').split(' '));
  }
  const storage = {
    type: 'etcd',
    config: { endpoints: [server.url], username: 'tessera', password: 'secret' },
  };
  await migrate(storage);
  await expectWork(storage);
  await expectRetiring(storage);
});

/** The block of code behind a comment of the guide. */
function textIn(name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(guide) ?? [];
  if (text === undefined) throw new Error(`docs/guides/storage.md has no block ${name}`);
  return text;
}

function commandIn(name: string): string[] {
  return textIn(name).trim().split(' ');
}

function statementsOf(sql: string): string[] {
  return sql.split(/;\s*\n/).filter((statement) => statement.trim() !== '');
}

/** Runs a command on a store. */
async function tessera(command: string, storage: Block, ...args: string[]) {
  await using folder = await createTempDirectory('rights-command');
  const [file, passphrase] = [join(folder.path, 'tessera.yaml'), join(folder.path, 'passphrase')];
  await Promise.all([
    writeFile(file, stringify({ ...base, storage, web: { http: '127.0.0.1:0' } })),
    writeFile(passphrase, 'correct horse battery staple\n'),
  ]);
  const rest = command === 'export' ? ['--passphrase-file', passphrase] : [];
  const all = ['--conditions=source', MAIN, command, '--config', file, ...args, ...rest];
  return await tryProgram({ command: process.execPath, args: all });
}

async function migrate(storage: Block): Promise<void> {
  const { code, stdout, stderr } = await tessera('migrate', storage);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('Applied migration 1 (initial)');
}

async function expectRetiring(storage: Block): Promise<void> {
  const exported = await tessera('export', storage, '--output', '-', '--retire');
  expect(exported.code, exported.stderr).toBe(0);
  const reinstated = await tessera('reinstate', storage);
  expect(reinstated.code, reinstated.stderr).toBe(0);
}

async function expectNoRetiring(storage: Block): Promise<void> {
  const { code, stderr } = await tessera('export', storage, '--output', '-', '--retire');
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/denied|may not make triggers/);
}

/** Whatever a running system asks of its stores: sign-in, refresh, reuse, replay, revocation, and events on their way. */
async function expectWork(storage: Block): Promise<void> {
  const running = await startOneProcess({ config: base, storage });
  try {
    const { issuer } = running;
    const tokens = await signInForTokens({ issuer });
    expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200);
    expect((await refresh(issuer, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    const code = codeOf(await signIn({ issuer }));
    expect((await redeem(issuer, code)).status).toBe(200);
    expect((await redeem(issuer, code)).body).toMatchObject({ error: 'invalid_grant' });
    const other = await signInForTokens({ issuer });
    expect((await post(`${issuer}/token/revoke`, { token: other.refresh_token })).status).toBe(200);
    await expectEvents(issuer);
    expect(running.output()).not.toMatch(/"level":"(?:warn|error)"[^\n]*(?:denied|NOPERM|permission)/i);
  } finally {
    await end(running);
  }
}

async function end(running: OneProcess): Promise<void> {
  expect(await running.stop()).toBe(0);
  await running.close();
}

async function expectEvents(issuer: string): Promise<void> {
  const { file } = (base['events'] as { readonly config: { readonly file: string } }).config;
  const told = async (): Promise<string[]> =>
    (await readFile(file, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly source: string; readonly type: string })
      .flatMap(({ source, type }) => (source === issuer ? [type.replace('dev.tessera.', '')] : []));
  const expected = ['sign_in.succeeded', 'refresh_token.reused', 'code.replayed', 'grant.revoked', 'key.changed'];
  const isComplete = async (): Promise<boolean> => {
    const types = new Set(await told());
    return expected.every((type) => types.has(type));
  };
  await waitFor(isComplete, { what: `events of ${expected.join(', ')}` });
}
