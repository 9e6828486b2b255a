import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ContainerHost } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IMAGE_LABELS, openHostWithProduct, PRODUCT_IMAGE } from './product-image.ts';

interface Inspected {
  readonly Size: number;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly StopSignal: string;
  };
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

const MAX_BYTES = 170_000_000;

let host: ContainerHost;
/** The files of the image. */
let root: string;
let image: Inspected;

beforeAll(async () => {
  host = await openHostWithProduct();
  const [inspected] = JSON.parse(await host.podman(['image', 'inspect', PRODUCT_IMAGE])) as Inspected[];
  if (inspected === undefined) throw new Error('the image cannot be inspected');
  image = inspected;
  root = join(host.runFolder, 'image');
  const archive = `${root}.tar`;
  await mkdir(root);
  const container = (await host.podman(['create', PRODUCT_IMAGE])).trim();
  await host.podman(['export', `--output=${archive}`, container]);
  await promisify(execFile)('tar', ['-xpf', archive, '-C', root]);
});

afterAll(() => host?.close());

test('The image names its version, revision, source, licence, day and base, and runs as a user without rights', () => {
  expect(image.Config.User).toBe('1001:1001');
  expect(image.Config.StopSignal).toBe('SIGTERM');
  expect(image.Config.Entrypoint).toEqual(['node', '/opt/tessera/lib/tessera/main.js']);
  expect(image.Healthcheck.Test).toEqual(['CMD', 'node', '/opt/tessera/deploy/docker/health.mjs']);
  expect(image.Config.Labels).toMatchObject({
    'org.opencontainers.image.title': 'Tessera',
    'org.opencontainers.image.description': expect.stringContaining('OpenID Connect'),
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.version': IMAGE_LABELS.VERSION,
    'org.opencontainers.image.revision': IMAGE_LABELS.REVISION,
    'org.opencontainers.image.source': IMAGE_LABELS.SOURCE,
    'org.opencontainers.image.created': IMAGE_LABELS.CREATED,
    'org.opencontainers.image.base.name': `docker.io/library/node:${process.versions.node}-bookworm-slim`,
  });
});

test('The only program in the image is Node, and its user can write nowhere but where state and temporary files belong', async () => {
  const find = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)('find', ['.', ...args], { cwd: root });
    return stdout.split('\n').filter(Boolean).sort();
  };
  const programs = await find('-type', 'f', '-perm', '/111', '!', '-name', '*.so*');
  expect(programs).toEqual(['./usr/local/bin/node']);
  expect(await find('-perm', '/6000')).toEqual([]);
  expect(await find('!', '-type', 'l', '(', '-user', '1001', '-o', '-perm', '/022', ')')).toEqual([
    './tmp',
    './var/lib/tessera',
  ]);
});

test('The image holds no sources, maps, tests or package manager, and no package that needs a compiler', async () => {
  const { stdout } = await promisify(execFile)('find', ['opt', 'usr', '-type', 'f'], { cwd: root, maxBuffer: 1e8 });
  const files = stdout.split('\n').filter(Boolean);
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => /\.([cm]?ts|map)$|\/pkcs11js\/|\/npm\/|\.test\.js$/.test(file))).toEqual([]);
});

test('The program does not tell where it was built, so that the same sources give the same files', async () => {
  const program = join(root, 'opt/tessera/lib/tessera');
  const names = (await readdir(program)).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(names.map((name) => readFile(join(program, name), 'utf8')));
  const places = texts.flatMap((text) => [...text.matchAll(/^\/\/ (\S+\.[cm]?js)$/gm)].map(([, place = '']) => place));
  expect(places.length).toBeGreaterThan(100);
  expect(places.filter((place) => /^\.{0,2}\//.test(place))).toEqual([]);
});

test('The bill of materials lists exactly the packages of npm that the image has, with the versions of the lock file', async () => {
  const bom = JSON.parse(await readFile(join(root, 'opt/tessera/sbom.cdx.json'), 'utf8'));
  expect(bom).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { timestamp: '2026-01-02T03:04:05.000Z' },
  });
  const components: readonly Component[] = bom.components;
  const listed = components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
  const present = new Set([...(await bundledPackages()), ...(await installedPackages())]);
  expect(new Set(listed.map(({ purl }) => purl)).size).toBe(listed.length);
  expect(new Set(listed.map(({ name }) => name))).toEqual(present);
  const lock = JSON.parse(await readFile(new URL('../../../package-lock.json', import.meta.url), 'utf8'));
  const locked = new Set(Object.entries(lock.packages).map(([path, entry]) => `${nameOf(path)}@${versionOf(entry)}`));
  const unlocked = listed.filter(
    ({ name, version }) => !(name.startsWith('@tessera/') || locked.has(`${name}@${version}`)),
  );
  expect(unlocked).toEqual([]);
  const others = components.filter(({ purl }) => !purl.startsWith('pkg:npm/')).map(({ name }) => name);
  expect(others).toEqual(expect.arrayContaining(['node', 'libc6', 'libstdc++6']));
});

test('The image is small', () => {
  process.stdout.write(`the image has ${(image.Size / 1e6).toFixed(0)} MB\n`);
  expect(image.Size).toBeLessThan(MAX_BYTES);
});

/** The packages whose modules the bundler marked in its files. */
async function bundledPackages(): Promise<readonly string[]> {
  const folder = join(root, 'opt/tessera/lib/tessera');
  const names = new Set<string>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.js')) continue;
    const text = await readFile(join(folder, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/^\/\/(?:#region)? (\S+\.(?:[cm]?js|json))$/gm))
      names.add(packageOfModule(path));
  }
  return [...names].filter((name) => name !== '');
}

function packageOfModule(path: string): string {
  if (path.includes('node_modules/')) return nameOf(path.replace(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+).*$/, '$1'));
  const workspace = /(?:^|\/)(packages|services|proto)(?:\/([^/]+))?\//.exec(path);
  if (workspace === null) return '';
  const name = workspace[1] === 'proto' ? 'proto' : (workspace[2] ?? '');
  return `@tessera/${name === 'events' && workspace[1] === 'services' ? 'events-service' : name}`;
}

async function installedPackages(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('find', ['node_modules', '-name', 'package.json'], {
    cwd: join(root, 'opt/tessera'),
  });
  const folders = stdout.split('\n').map((file) => file.replace(/\/package\.json$/, ''));
  return folders.filter((folder) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(folder)).map(nameOf);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function versionOf(entry: unknown): string {
  return typeof entry === 'object' && entry !== null && 'version' in entry ? String(entry.version) : '';
}
