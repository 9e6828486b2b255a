import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createTempDirectory,
  freePort,
  type ProgramResult,
  startEtcd,
  startMariadb,
  startPostgres,
  type TempDirectory,
  tryProgram,
} from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { codeOf, post, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

type Block = Readonly<Record<string, unknown>>;

interface Server {
  close(): Promise<void>;
}

const servers: Server[] = [];
let folder: TempDirectory;
let passphraseFile: string;
let config: Block;
let port: number;
/** The issuer where it lives now. */
let home: OneProcess;
/** The next places to move to, in order. */
let places: readonly { readonly type: string; readonly storage: Block }[];

/** Starts the issuer, always the same one, on a store. */
function settle(storage: Block): Promise<OneProcess> {
  return startOneProcess({ config, port, storage });
}

/** The configuration of the issuer on a store, for commands that come before its first process. */
async function configOf({ type, storage }: { readonly type: string; readonly storage: Block }): Promise<string> {
  const file = join(folder.path, `${type}.yaml`);
  await writeFile(file, stringify({ ...config, storage, web: { http: `127.0.0.1:${port}` } }));
  return file;
}

function tessera(command: string, configFile: string, ...args: string[]): Promise<ProgramResult> {
  const rest = [command, '--config', configFile, ...args];
  return tryProgram({ command: process.execPath, args: ['--conditions=source', MAIN, ...rest] });
}

async function expectSuccess(running: Promise<ProgramResult>, said: RegExp): Promise<void> {
  const { code, stdout, stderr } = await running;
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(said);
}

beforeAll(async () => {
  folder = await createTempDirectory('moving');
  passphraseFile = join(folder.path, 'passphrase');
  await writeFile(passphraseFile, 'correct horse battery staple\n');
  port = await freePort();
  const base = systemConfig({
    issuer: `http://127.0.0.1:${port}/dex`,
    ldapPort: 1,
    upstreamIssuer: 'http://127.0.0.1:1',
  });
  config = {
    ...base,
    connectors: [],
    keyEncryption: { value: Buffer.alloc(32, 5).toString('base64') },
    // A refresh token that comes a second time is a reused one at once.
    expiry: { refreshTokens: { reuseInterval: '0s' } },
    events: { type: 'file', config: { file: join(folder.path, 'events.ndjson') } },
  };
  const [postgres, mariadb, etcd] = await Promise.all([startPostgres(), startMariadb(), startEtcd()]);
  servers.push(postgres, mariadb, etcd);
  places = [
    {
      type: 'postgres',
      storage: {
        type: 'postgres',
        config: {
          host: postgres.host,
          port: postgres.port,
          user: postgres.user,
          password: postgres.password,
          database: await postgres.createDatabase(),
          ssl: { mode: 'disable' },
        },
      },
    },
    {
      type: 'mysql',
      storage: {
        type: 'mysql',
        config: {
          host: mariadb.host,
          port: mariadb.port,
          user: mariadb.user,
          password: mariadb.password,
          database: await mariadb.createDatabase(),
          ssl: { mode: 'false' },
        },
      },
    },
    { type: 'etcd', storage: { type: 'etcd', config: { endpoints: [etcd.url] } } },
  ];
  home = await settle({ type: 'sqlite3', config: { file: join(folder.path, 'tessera.db') } });
}, 120_000);

afterAll(async () => {
  await home?.close();
  await Promise.all(servers.map((server) => server.close()));
  await folder?.remove();
}, 60_000);

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const keysOf = async (issuer: string): Promise<unknown> => (await fetch(`${issuer}/keys`)).json();

async function userinfoStatus(issuer: string, { access_token }: Tokens): Promise<number> {
  const headers = { authorization: `Bearer ${access_token}` };
  return (await fetch(`${issuer}/userinfo`, { headers })).status;
}

async function refreshError(issuer: string, token: string): Promise<unknown> {
  const answer = await refresh(issuer, token);
  return answer.status === 200 ? 'none' : answer.body['error'];
}

test('a store that was retired answers 503 with Retry-After and loses nothing, until it is reinstated', async () => {
  const { issuer } = home;
  const tokens = await signInForTokens({ issuer });
  const code = codeOf(await signIn({ issuer }));
  const output = ['--output', join(folder.path, 'undone'), '--passphrase-file', passphraseFile];
  await expectSuccess(tessera('export', home.configFile, ...output, '--retire'), /refuses changes from now on/);

  const refused = await refresh(issuer, tokens.refresh_token);
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await redeem(issuer, code)).status).toBe(503);
  expect((await post(`${issuer}/token/revoke`, { token: tokens.refresh_token })).status).toBe(503);
  expect(await userinfoStatus(issuer, tokens)).toBe(200);

  await expectSuccess(tessera('reinstate', home.configFile), /takes changes again/);
  expect(await refreshError(issuer, tokens.refresh_token)).toBe('none');
  expect((await redeem(issuer, code)).status).toBe(200);
}, 60_000);

test.each([0, 1, 2])(
  'a live deployment moves to the next kind of store (%i), where each refresh token works exactly once',
  async (step) => {
    const place = places[step];
    if (place === undefined) throw new Error('there is no such place');
    const { issuer } = home;
    const unused = await Promise.all(Array.from({ length: 4 }, () => signInForTokens({ issuer })));
    const rotated = await signInForTokens({ issuer });
    const successor = (await refresh(issuer, rotated.refresh_token)).body as unknown as Tokens;
    const revoked = await signInForTokens({ issuer });
    await post(`${issuer}/token/revoke`, { token: revoked.refresh_token });
    const keys = await keysOf(issuer);

    const file = join(folder.path, `to-${place.type}`);
    const passphrase = ['--passphrase-file', passphraseFile];
    await expectSuccess(tessera('export', home.configFile, '--output', file, ...passphrase, '--retire'), /grants +\d+/);
    for (const { refresh_token } of unused) expect((await refresh(issuer, refresh_token)).status).toBe(503);
    const source = home;
    await source.stop();

    const target = await configOf(place);
    expect((await tessera('migrate', target, '--check')).code).toBe(1);
    await expectSuccess(tessera('migrate', target), /Applied migration 1 \(initial\)/);
    await expectSuccess(tessera('migrate', target, '--check'), /is that of this version/);
    const from = ['--input', file, ...passphrase];
    await expectSuccess(
      tessera('import', target, ...from, '--dry-run'),
      /nothing was written:[\s\S]*grants +[1-9]\d* +0/,
    );
    await expectSuccess(tessera('import', target, ...from), /which refused changes[\s\S]*grants +[1-9]\d* +0/);
    await expectSuccess(tessera('import', target, ...from), /grants +0 +[1-9]/);
    home = await settle(place.storage);

    expect(await keysOf(issuer)).toEqual(keys);
    for (const tokens of unused) {
      expect(await userinfoStatus(issuer, tokens)).toBe(200);
      const first = await refresh(issuer, tokens.refresh_token);
      expect(first.status).toBe(200);
      expect(await refreshError(issuer, tokens.refresh_token)).toBe('invalid_grant');
      // The second use was a reuse: it ended the family.
      expect(await refreshError(issuer, String(first.body['refresh_token']))).toBe('invalid_grant');
      expect(await userinfoStatus(issuer, tokens)).toBe(401);
    }
    expect(await userinfoStatus(issuer, successor)).toBe(200);
    expect(await refreshError(issuer, successor.refresh_token)).toBe('none');
    expect(await refreshError(issuer, rotated.refresh_token)).toBe('invalid_grant');
    expect(await refreshError(issuer, revoked.refresh_token)).toBe('invalid_grant');
    expect(await userinfoStatus(issuer, revoked)).toBe(401);
    const afresh = await signInForTokens({ issuer });
    expect(await refreshError(issuer, afresh.refresh_token)).toBe('none');
    await source.close();
  },
  120_000,
);
