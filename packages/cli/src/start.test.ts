import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createTempDirectory,
  createUserAgent,
  freePort,
  type RunningProcess,
  startProcess,
  type TempDirectory,
} from '@tessera/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: TempDirectory;
let issuerPort: number;
let appPort: number;
let file: string;

/** The sample configuration on ports and a database of this test. */
beforeEach(async () => {
  [folder, issuerPort, appPort] = [await createTempDirectory('start'), await freePort(), await freePort()];
  const sample = await readFile(join(root, 'examples/config.yaml'), 'utf8');
  file = join(folder.path, 'config.yaml');
  const own = sample
    .replaceAll('127.0.0.1:5556', `127.0.0.1:${issuerPort}`)
    .replaceAll('127.0.0.1:5555', `127.0.0.1:${appPort}`)
    .replace('examples/dex.db', join(folder.path, 'tessera.db'));
  await writeFile(file, own);
});

afterEach(() => folder.remove());

function start(...args: string[]): Promise<RunningProcess> {
  return startProcess({
    name: 'npm start',
    command: process.execPath,
    args: ['--conditions=source', join(root, 'packages/cli/src/start.ts'), '--config', file, ...args],
    cwd: root,
    ready: /Ctrl-C stops it/,
  });
}

test('start prints where everything is, the sample person can sign in, and Ctrl-C ends it with exit code 0', async () => {
  await using running = await start();
  const issuer = `http://127.0.0.1:${issuerPort}/dex`;
  expect(running.output()).toMatch(new RegExp(`Issuer +${issuer}\\n +Example app +http://127.0.0.1:${appPort}\\n`));
  const browser = createUserAgent();
  const home = await browser.get(`http://127.0.0.1:${appPort}`);
  let page = await browser.submit(home.form('prompt'), { fields: { connector_id: 'local', scope: 'profile' } });
  page = await browser.submit(page.form('login', 'password'), {
    fields: { login: 'admin@example.com', password: 'password' },
  });
  page = await browser.submit(page.form('hmac'), { button: 'approval' });
  expect(page.url.href).toBe(`http://127.0.0.1:${appPort}/`);
  expect(page.body).toContain('Hello, Ada Admin');
  running.kill('SIGINT');
  expect(await running.exited).toEqual({ code: 0, signal: null });
});

test('A taken port ends start with exit code 2 and one sentence', async () => {
  await using running = await start('--no-app');
  const second = start('--no-app');
  await expect(second).rejects.toThrow('it ended with code 2');
  await expect(second).rejects.toThrow(`Port ${issuerPort} on 127.0.0.1 is already in use.`);
  expect((await running.stop('SIGINT')).code).toBe(0);
});
