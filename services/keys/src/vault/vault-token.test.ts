import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { SIGNING_RULES, startVaultBench } from './testing/vault-bench.ts';

const REFUSED = { kind: 'invalid_argument', code: 'keys.vault_refused' };

test('a token is renewed while it is in use, and lives on past its first end', async () => {
  await using bench = await startVaultBench();
  const { server, clock, logger } = bench;
  const token = server.createToken({ rules: SIGNING_RULES, ttlSeconds: 20 });
  const transit = bench.connect({ token });
  for (let seconds = 0; seconds < 100; seconds += 1) {
    expect(await transit.readKey('k'), `after ${seconds} s`).toBeUndefined();
    clock.advance(1);
  }
  const asked = server.requests.map(({ path }) => path);
  expect(asked.filter((path) => path === 'auth/token/lookup-self')).toHaveLength(1);
  expect(asked.filter((path) => path === 'auth/token/renew-self').length).toBeGreaterThanOrEqual(5);
  expect(logger.records).toEqual([]);
});

test('what is configured and is no token is refused before anything is sent', async () => {
  await using bench = await startVaultBench();
  for (const token of ['', 'two words', 'line\r\nbreak']) {
    await expect(bench.connect({ token }).readKey('k')).rejects.toMatchObject(REFUSED);
  }
  expect(bench.server.requests).toEqual([]);
});

test('the token of a file is read again when the file has changed, and at once when the server takes the old one no more', async () => {
  await using bench = await startVaultBench();
  await using directory = await createTempDirectory('vault-token');
  const { server, clock } = bench;
  const tokenFile = join(directory.path, 'token');
  const make = async (): Promise<string> => {
    const token = server.createToken({ rules: SIGNING_RULES });
    await writeFile(tokenFile, `${token}\n`);
    return token;
  };
  const first = await make();
  const transit = bench.connect({ tokenFile });
  expect(await transit.readKey('k')).toBeUndefined();
  const second = await make();
  server.revokeToken(first);
  expect(await transit.readKey('k'), 'refused once, and asked again').toBeUndefined();
  expect(server.requests.filter(({ status }) => status === 403)).toHaveLength(1);
  await make();
  clock.advance(5);
  await transit.readKey('k');
  server.revokeToken(second);
  expect(await transit.readKey('k')).toBeUndefined();
  expect(server.requests.filter(({ status }) => status === 403)).toHaveLength(1);
});

test('a file without a token stops the start, and later leaves the last one in use', async () => {
  await using bench = await startVaultBench();
  await using directory = await createTempDirectory('vault-token');
  const { server, clock, logger } = bench;
  const tokenFile = join(directory.path, 'token');
  const transit = bench.connect({ tokenFile });
  await expect(transit.readKey('k')).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining(tokenFile) });
  await writeFile(tokenFile, 'two words\n');
  await expect(transit.readKey('k')).rejects.toMatchObject({
    ...REFUSED,
    message: expect.not.stringContaining('two words'),
  });
  await writeFile(tokenFile, server.createToken({ rules: SIGNING_RULES }));
  expect(await transit.readKey('k')).toBeUndefined();
  await rm(tokenFile);
  for (let step = 0; step < 3; step += 1) {
    clock.advance(5);
    expect(await transit.readKey('k')).toBeUndefined();
  }
  expect(logger.records).toMatchObject([
    { level: 'warn', message: expect.stringContaining('the last one stays in use') },
  ]);
});
