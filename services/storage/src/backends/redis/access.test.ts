import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisEphemeralConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory, type RedisServer, startRedis } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leastRights } from '../../conformance/ephemeral-servers.ts';
import { connectRedis } from './connection.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 30_000);
afterAll(() => server?.close(), 30_000);

/** A user with a password of a file, and a connection of that user. */
async function createBench(user: string) {
  const folder = await createTempDirectory('redis-access');
  const passwordFile = join(folder.path, 'password');
  const setPassword = (...passwords: string[]) =>
    server.cli('ACL', 'SETUSER', user, ...leastRights('old', 'test:'), '<old', ...passwords.map((one) => `>${one}`));
  await writeFile(passwordFile, 'old');
  await setPassword('old');
  const config: RedisEphemeralConfig = {
    type: 'redis',
    topology: { type: 'single', host: server.host, port: server.port, database: 0 },
    username: user,
    password: 'old',
    passwordFile,
    prefix: 'test:',
  };
  const connection = connectRedis({ config, logger: silentLogger });
  await connection.ready();
  const ask = () => connection.run('ask', (client) => client.get('test:x'));
  const hangUp = () => server.cli('CLIENT', 'KILL', 'USER', user);
  const close = async (): Promise<void> => {
    await connection.close();
    await folder.remove();
  };
  return { passwordFile, setPassword, ask, hangUp, [Symbol.asyncDispose]: close };
}

const answers = (ask: () => Promise<unknown>) =>
  expect.poll(() => ask().then(() => 'answered', String)).toBe('answered');

test('a password that is changed first on the server and then in the file: what is open goes on, and what is new gets in', async () => {
  await using bench = await createBench('server-first');
  await bench.setPassword('new');
  expect(await bench.ask()).toBeNull();
  await bench.hangUp();
  await expect(bench.ask()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await writeFile(bench.passwordFile, 'new');
  await answers(bench.ask);
});

test('a password that is changed first in the file and then on the server is no outage at any moment', async () => {
  await using bench = await createBench('file-first');
  await writeFile(bench.passwordFile, 'new');
  await bench.hangUp();
  expect(await bench.ask()).toBeNull();
  await bench.setPassword('new');
  await bench.hangUp();
  expect(await bench.ask()).toBeNull();
});
