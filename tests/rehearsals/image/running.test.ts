import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerHost, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHostWithProduct, PRODUCT_IMAGE } from './product-image.ts';
import { startTimes } from './start-times.ts';

const ISSUER = 'http://127.0.0.1:5556/dex';
/** How a container is shut in. */
const HARDENED = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--read-only-tmpfs=false'];

const CONFIGURATION = {
  issuer: ISSUER,
  storage: { type: 'sqlite3', config: { file: '/var/lib/tessera/tessera.db' } },
  web: { http: '127.0.0.1:5556' },
  enablePasswordDB: true,
  staticClients: [{ id: 'app', name: 'App', secret: 'app-secret', redirectURIs: ['http://127.0.0.1:5555/callback'] }],
};

/** Follows redirects to the sign-in page with a browser's cookies, and fetches its style sheet. */
const SIGN_IN = `
  const cookies = new Map();
  let url = '${ISSUER}/auth?client_id=app&redirect_uri=http://127.0.0.1:5555/callback&response_type=code&scope=openid';
  let page;
  for (let hops = 0; hops < 5; hops += 1) {
    page = await fetch(url, { redirect: 'manual', headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } });
    for (const line of page.headers.getSetCookie()) cookies.set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2));
    if (page.status !== 303 && page.status !== 302) break;
    url = new URL(page.headers.get('location'), url).href;
  }
  const html = await page.text();
  const [style] = /\\/dex\\/static\\/[^"]+\\.css/.exec(html) ?? [];
  const asset = await fetch(new URL(style, url));
  console.log(JSON.stringify({ page: page.status, asset: asset.status, hasPassword: html.includes('type="password"') }));
`;

/** Loads each file of the program but those that start something by being loaded. */
const LOAD_ALL = `
  const { readdirSync } = await import('node:fs');
  const folder = '/opt/tessera/lib/tessera/';
  const started = ['main.js', 'worker.js', 'signing-thread.js', 'module-process.js'];
  const names = readdirSync(folder).filter((name) => name.endsWith('.js') && !started.includes(name));
  for (const name of names) await import(folder + name);
  for (const name of ['kafkajs', '@grpc/reflection', '@opentelemetry/sdk-node', '@opentelemetry/exporter-trace-otlp-http']) await import(name);
  console.log(names.length > 20);
  process.exit();
`;

let host: ContainerHost;

beforeAll(async () => {
  host = await openHostWithProduct();
  const folder = join(host.runFolder, 'configuration');
  await mkdir(folder);
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(CONFIGURATION));
  await chmod(folder, 0o755);
  const volume = `--volume=${folder}:/etc/tessera:ro`;
  await host.podman(['run', '--detach', '--name=tessera', ...HARDENED, volume, PRODUCT_IMAGE]);
});

afterAll(() => host?.close());

test('With a read-only root and without any capability the product serves its sign-in page and is found healthy', async () => {
  await waitFor(async () => (await host.tryPodman(['healthcheck', 'run', 'tessera'])).code === 0, {
    what: 'the container to be healthy',
    timeoutMs: 60_000,
    intervalMs: 200,
  });
  const answer = await host.podman(['exec', 'tessera', 'node', '--input-type=module', '--eval', SIGN_IN]);
  expect(JSON.parse(answer)).toEqual({ page: 200, asset: 200, hasPassword: true });
});

test('The health check fails where nothing answers', async () => {
  const check = ['node', '/opt/tessera/deploy/docker/health.mjs', 'http://127.0.0.1:1/healthz'];
  expect(await host.tryPodman(['exec', 'tessera', ...check])).toMatchObject({ code: 1 });
});

test('Every part of the program can be loaded in the image, also those that this configuration does not ask for', async () => {
  const loaded = await host.podman([
    'exec',
    '--workdir=/opt/tessera',
    'tessera',
    'node',
    '--input-type=module',
    '--eval',
    LOAD_ALL,
  ]);
  expect(loaded.trim()).toBe('true');
});

test('There is no shell to be had', async () => {
  for (const shell of ['sh', '/bin/sh', 'bash', 'busybox']) {
    expect((await host.tryPodman(['exec', 'tessera', shell, '-c', 'exit 0'])).code).toBeGreaterThan(0);
  }
});

test('The commands of the product are run by their names', async () => {
  expect((await host.podman(['run', '--rm', ...HARDENED, PRODUCT_IMAGE, 'version'])).trim()).toMatch(/\d+\.\d+\.\d+/);
});

test('SIGTERM ends the process with exit code 0', async () => {
  await host.podman(['stop', '--time=30', 'tessera'], { timeoutMs: 45_000 });
  const code = await host.podman(['inspect', '--format={{.State.ExitCode}}', 'tessera']);
  expect(code.trim()).toBe('0');
});

test('Each service and all of them together are soon ready', async () => {
  const times = await startTimes(host, PRODUCT_IMAGE);
  for (const [target, milliseconds] of times) process.stdout.write(`${target} is ready after ${milliseconds} ms\n`);
  expect(times.size).toBe(7);
  // How fast depends on the machine and on what else it does; that a start takes so long would be a fault.
  for (const milliseconds of times.values()) expect(milliseconds).toBeLessThan(10_000);
});
