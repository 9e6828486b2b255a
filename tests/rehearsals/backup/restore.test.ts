import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, startCluster } from '@tessera/cli';
import { type ProgramResult, runProgram, tryProgram } from '@tessera/testkit';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { post, refresh, signInForTokens } from '../../support/sign-in.ts';
import { systemConfig } from '../../support/system-config.ts';

const MAIN = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
/** Debian's package `postgresql-15`. */
const PROGRAMS = '/usr/lib/postgresql/15/bin';

function tryTessera(...args: string[]): Promise<ProgramResult> {
  return tryProgram({ command: process.execPath, args: ['--conditions=source', MAIN, ...args] });
}

async function tessera(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryTessera(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** Of all replicas: a token may be signed, and a key set published, by any of them. */
async function publishedKids(cluster: Cluster): Promise<readonly string[]> {
  const path = `${new URL(cluster.issuer).pathname}/keys`;
  const sets = cluster.of('keys').map(async ({ http }) => {
    const { keys } = (await (await fetch(`http://${http}${path}`)).json()) as { keys: readonly { kid: string }[] };
    return keys.map(({ kid }) => kid);
  });
  return (await Promise.all(sets)).flat();
}

/** A disaster: the database is gone, and comes back as the dump has it. */
async function restore(cluster: Cluster, dump: string): Promise<void> {
  const { postgres } = cluster;
  for (const replica of cluster.of('storage')) await replica.stop();
  await postgres.dropDatabase('tessera');
  await postgres.createDatabase('tessera');
  const args = ['--dbname', postgres.url('tessera'), '--exit-on-error', '--no-owner', dump];
  await runProgram({ command: join(PROGRAMS, 'pg_restore'), args });
}

test('a database that is restored from a dump serves what it knew: tokens, revocations and keys of the time of the dump', async () => {
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort: 389, upstreamIssuer: 'http://127.0.0.1:9' });
  await using cluster = await startCluster({
    config: stringify({ ...config, connectors: [] }),
    replicas: { keys: 2 },
    postgres: { version: 15 },
  });
  const { issuer, configFile, postgres, directory } = cluster;
  const [kept, used, revoked] = [
    await signInForTokens({ issuer }),
    await signInForTokens({ issuer }),
    await signInForTokens({ issuer }),
  ];
  await post(`${issuer}/token/revoke`, { token: revoked.refresh_token });
  const { kid: revokedKid = '' } = decodeProtectedHeader(kept.id_token);
  await tessera('keys', 'revoke', '--config', configFile, '--kid', revokedKid, '--yes');
  await expect.poll(() => publishedKids(cluster), { timeout: 10_000 }).not.toContain(revokedKid);
  const later = await signInForTokens({ issuer });

  const dump = join(directory, 'tessera.dump');
  await runProgram({
    command: join(PROGRAMS, 'pg_dump'),
    args: ['--format=custom', '--file', dump, postgres.url('tessera')],
  });
  const successor = String((await refresh(issuer, used.refresh_token)).body['refresh_token']);
  const since = await signInForTokens({ issuer });

  await restore(cluster, dump);
  // Whoever has the database without the key-encryption key can sign nothing, and does not begin anew either.
  const other = parse(await readFile(configFile, 'utf8')) as Record<string, unknown>;
  const otherFile = join(directory, 'other-key.yaml');
  await writeFile(otherFile, stringify({ ...other, keyEncryption: { value: randomBytes(32).toString('base64') } }));
  await tessera('migrate', '--check', '--config', configFile);
  for (const replica of cluster.of('storage')) await replica.start();
  expect(await tessera('keys', 'list', '--config', configFile)).not.toContain('unopened');
  const listed = await tryTessera('keys', 'list', '--config', otherFile);
  expect([listed.code, listed.stdout]).toEqual([2, expect.stringContaining('unopened')]);
  const serve = ['serve', '--config', otherFile, '--target', 'keys', '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0'];
  const refused = await tryTessera(...serve);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('key-encryption key')]);

  for (const replica of cluster.of('keys')) await replica.restart();
  await expect.poll(() => publishedKids(cluster), { timeout: 10_000 }).not.toContain(revokedKid);
  await jwtVerify(later.id_token, createRemoteJWKSet(new URL(`${issuer}/keys`)), { issuer });
  expect((await refresh(issuer, revoked.refresh_token)).status).toBe(400);
  expect((await refresh(issuer, kept.refresh_token)).status).toBe(200);
  // What the dump does not know: a sign-in of later is unknown, and so is what a token was replaced by.
  expect((await refresh(issuer, since.refresh_token)).status).toBe(400);
  expect((await refresh(issuer, used.refresh_token)).status).toBe(200);
  expect((await refresh(issuer, successor)).status).toBe(200);
}, 120_000);
