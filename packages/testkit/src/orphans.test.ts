import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { childEnvironment } from './child-environment.ts';
import { stillRunning } from './process-tree.ts';
import { createTempDirectory } from './temp-directory.ts';
import { waitFor } from './wait-for.ts';

const PARENT = `
const [postgres, redis, ldap, nginx, browser, tree, temp, port] = await Promise.all(
  ['postgres', 'redis', 'ldap', 'nginx', 'browser', 'process-tree', 'temp-directory', 'free-port']
    .map((name) => import(new URL('./' + name + '.ts', process.argv[1]).href)));
const listen = await port.freePort();
const conf = 'events {} http { server { listen 127.0.0.1:' + listen + '; } }';
const servers = [
  await postgres.startPostgres({ fsync: false }), await redis.startRedis(), await ldap.startLdap(),
  await nginx.startNginx({ conf, port: listen }), await browser.launchBrowser(),
];
const pids = (await tree.processTree(process.pid)).slice(1);
console.log(JSON.stringify({ pids, cwd: await Promise.all(servers.slice(0, 4).map((server) =>
  import('node:fs/promises').then((fs) => fs.readlink('/proc/' + server.pid + '/cwd')))) }));
setInterval(() => {}, 1000);
`;

test.runIf(process.platform === 'linux')(
  'Servers and their directories are gone after their parent was killed',
  { timeout: 30_000 },
  async () => {
    // The killed parent's browser leaves its profile among the temporary files.
    await using temporary = await createTempDirectory('orphans');
    const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT, import.meta.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: childEnvironment({ TMPDIR: temporary.path }),
    });
    const [line] = await once(createInterface(parent.stdout), 'line');
    const { pids, cwd } = JSON.parse(String(line)) as { pids: number[]; cwd: string[] };
    expect(await stillRunning(pids)).toHaveLength(pids.length);
    expect(pids.length).toBeGreaterThan(10);
    parent.kill('SIGKILL');
    await waitFor(async () => (await stillRunning(pids)).length === 0, { what: 'the servers to end' });
    expect(cwd.every((directory) => directory.startsWith(`${temporary.path}/tessera-`))).toBe(true);
    const isLeft = async () => (await readdir(temporary.path)).some((name) => name.startsWith('tessera-'));
    await waitFor(async () => !(await isLeft()), { what: 'the directories of the servers to be removed' });
  },
);
