import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createTempDirectory,
  LDAP_SERVICE_DN,
  type LdapServer,
  ldifEntry,
  type PostgresServer,
  type RedisServer,
  samplePeople,
  startLdap,
  startPostgres,
  startRedis,
  type TempDirectory,
  waitFor,
} from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { post, refresh, signInForTokens } from '../support/sign-in.ts';
import { APP, systemConfig } from '../support/system-config.ts';

const jane = { connector: 'ldap', login: samplePeople.jane.mail, password: samplePeople.jane.password };
const KEY = Buffer.alloc(32, 7).toString('base64');
const USER = 'tessera_storage';

let folder: TempDirectory;
let postgres: PostgresServer;
let redis: RedisServer;
let ldap: LdapServer;
let tessera: OneProcess;

const fileOf = (name: string): string => join(folder.path, name);
const SERVERS = ['postgres', 'redis', 'ldap'] as const;

/** As a mounted secret is replaced: at once. */
async function writeSecret(name: string, text: string): Promise<void> {
  await writeFile(fileOf(`${name}.new`), `${text}\n`);
  await rename(fileOf(`${name}.new`), fileOf(name));
}

async function inPostgres(sql: string): Promise<readonly { readonly pid: number }[]> {
  const client = new Client({ connectionString: postgres.url() });
  await client.connect();
  const { rows } = await client.query<{ readonly pid: number }>(sql);
  await client.end();
  return rows;
}

async function changeOnServers(password: string): Promise<void> {
  await inPostgres(`ALTER ROLE ${USER} PASSWORD '${password}'`);
  await redis.cli('ACL', 'SETUSER', USER, 'resetpass', `>${password}`);
  const change = ['changetype: modify', 'replace: userPassword', `userPassword: ${password}`];
  await ldap.apply(`${[`dn: ${LDAP_SERVICE_DN}`, ...change].join('\n')}\n`);
}

const changeInFiles = (password: string) => Promise.all(SERVERS.map((name) => writeSecret(name, password)));

/** Ends every connection, so that whatever comes next has to prove itself. */
async function hangUp(): Promise<void> {
  const connections = () => inPostgres(`SELECT pid FROM pg_stat_activity WHERE usename = '${USER}'`);
  const before = (await connections()).map(({ pid }) => pid);
  await inPostgres(`SELECT pg_terminate_backend(pid) FROM unnest('{${before.join()}}'::int[]) AS pid`);
  await redis.cli('CLIENT', 'KILL', 'USER', USER);
  await ldap.stop();
  await ldap.start();
  const areGone = async () => (await connections()).every(({ pid }) => !before.includes(pid));
  await waitFor(areGone, { what: 'the connections to PostgreSQL to be gone' });
}

/** People of the directory sign in and refresh, so many at a time; gives what was answered other than 200. */
async function work(people: number): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const one = async (): Promise<void> => {
    for (let round = 0; round < 2; round += 1) {
      const tokens = await signInForTokens({ issuer: tessera.issuer, ...jane });
      const { status } = await refresh(tessera.issuer, tokens.refresh_token);
      if (status !== 200) failures.push(status);
    }
  };
  await Promise.all(
    Array.from({ length: people }, () => one().catch((error: unknown) => failures.push(String(error)))),
  );
  return failures;
}

beforeAll(async () => {
  folder = await createTempDirectory('secret-rotation');
  const service = ldifEntry(LDAP_SERVICE_DN, [
    ['objectClass', 'simpleSecurityObject'],
    ['objectClass', 'organizationalRole'],
    ['cn', 'service'],
    ['userPassword', 'canary-1'],
  ]);
  [postgres, redis, ldap] = await Promise.all([
    startPostgres({ fsync: false }),
    startRedis(),
    startLdap({ ldifExtra: service }),
  ]);
  await inPostgres(`CREATE ROLE ${USER} LOGIN PASSWORD 'canary-1'`);
  await inPostgres(`CREATE DATABASE tessera OWNER ${USER}`);
  await redis.cli('ACL', 'SETUSER', USER, 'reset', 'on', '>canary-1', '~*', '+@all');
  await changeInFiles('canary-1');
  await writeSecret('client', APP.secret);
  const base = systemConfig({ issuer: '', ldapPort: ldap.port, upstreamIssuer: 'http://127.0.0.1:1' });
  const [directory] = base['connectors'] as [{ config: Record<string, unknown> }];
  const [app, ...clients] = base['staticClients'] as [Record<string, unknown>];
  const { bindPW: _, ...directoryConfig } = directory.config;
  const { secret: __, ...appConfig } = app;
  tessera = await startOneProcess({
    config: {
      ...base,
      connectors: [
        { ...directory, config: { ...directoryConfig, bindDN: LDAP_SERVICE_DN, bindPWFile: fileOf('ldap') } },
      ],
      staticClients: [{ ...appConfig, secretFile: fileOf('client') }, ...clients],
      keyEncryption: { value: KEY },
      ephemeral: {
        type: 'redis',
        config: { host: redis.host, port: redis.port, username: USER, passwordFile: fileOf('redis') },
      },
    },
    storage: {
      type: 'postgres',
      config: {
        ...{ host: postgres.host, port: postgres.port, database: 'tessera', user: USER },
        passwordFile: fileOf('postgres'),
        ssl: { mode: 'disable' },
      },
    },
  });
});

afterAll(async () => {
  await tessera?.close();
  await Promise.all([postgres, redis, ldap].map((server) => server?.close()));
  await folder?.remove();
});

test('passwords of PostgreSQL, Redis and the directory are changed, first in the files: no request fails at any moment', async () => {
  expect(await work(1)).toEqual([]);
  await changeInFiles('canary-2');
  // More at a time than before, so that there are new connections, and the servers do not take the new password yet.
  expect(await work(4)).toEqual([]);
  const [failures] = await Promise.all([work(4), changeOnServers('canary-2')]);
  expect(failures).toEqual([]);
  expect(await work(8)).toEqual([]);
  await hangUp();
  expect(await work(4)).toEqual([]);
});

test('the same, first on the servers: what is connected goes on, and new connections are made once the files are there', async () => {
  expect(await work(4)).toEqual([]);
  await changeOnServers('canary-3');
  expect(await work(1)).toEqual([]);
  await changeInFiles('canary-3');
  expect(await work(8)).toEqual([]);
  await hangUp();
  expect(await work(4)).toEqual([]);
  expect(tessera.output()).not.toContain('canary-');
});

test('the secret of a client changes with its file, and the former is taken a little longer', async () => {
  await writeSecret('client', 'another-secret-of-high-entropy-9876543210');
  const statusWith = async (secret: string): Promise<number> => {
    return (await post(`${tessera.issuer}/token/introspect`, { token: 'x' }, { id: APP.id, secret })).status;
  };
  const isTaken = async () => (await statusWith('another-secret-of-high-entropy-9876543210')) === 200;
  const isRead = () => tessera.output().includes(`a secret of the client ${APP.id} has changed`);
  await waitFor(isRead, { what: 'the file to be read', timeoutMs: 20_000 });
  // Wrong secrets are counted, so they are not tried often.
  await waitFor(isTaken, { what: 'the new secret to be taken', intervalMs: 1000 });
  expect(await statusWith(APP.secret)).toBe(200);
});
