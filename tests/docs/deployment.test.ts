import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfigFile } from '@tessera/config';
import { serviceNames } from '@tessera/contracts';
import { certificateName } from '@tessera/rpc';
import { runProgram } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Container {
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly networks?: readonly string[];
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

interface Composition {
  readonly services: Readonly<Record<string, Container>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

describe('The composition', async () => {
  const { services, networks, volumes } = parse(await read('docker-compose.yml'), { merge: true }) as Composition;
  const containers = Object.entries(services);

  test.each(containers)('gives %s no rights it does not need', (name, container) => {
    expect(container.read_only).toBe(true);
    expect(container.cap_drop).toEqual(['ALL']);
    expect(container.security_opt).toEqual(['no-new-privileges:true']);
    expect(container.privileged).toBeUndefined();
    // The image of the services names its own user.
    if (name === 'secrets') expect([container.user, container.networks]).toEqual(['0:0', undefined]);
    else expect(container.user ?? '').not.toMatch(/^(?:0|root)/);
  });

  test('runs each service by itself, on the inner network, with the configuration it is given', () => {
    for (const name of serviceNames) {
      expect(services[name]?.command).toEqual(['serve', '--config', '/etc/tessera/config.yaml', '--target', name]);
      expect(services[name]?.volumes).toContain('./deploy/config/compose.yaml:/etc/tessera/config.yaml:ro');
      const speaksOutside = ['federation', 'token', 'authorize'].includes(name);
      expect(services[name]?.networks).toEqual(speaksOutside ? ['backend', 'upstreams'] : ['backend']);
      expect(services[name]?.volumes).toContain(`secrets-${name}:/run/certificates:ro`);
    }
    expect(networks['backend']?.internal).toBe(true);
  });

  test('publishes nothing but the gateway, on this machine', () => {
    for (const [name, { ports = [] }] of containers) {
      if (name !== 'gateway') expect(ports).toEqual([]);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  test('waits for containers and mounts volumes that exist', () => {
    for (const [, { depends_on = {}, volumes: mounts = [] }] of containers) {
      for (const other of Object.keys(depends_on)) expect(Object.keys(services)).toContain(other);
      const named = mounts.map((mount) => mount.split(':')[0] ?? '').filter((source) => !source.startsWith('.'));
      for (const volume of named) expect(Object.keys(volumes)).toContain(volume);
    }
  });

  test('gives each secret to those who need it alone', () => {
    const holders = (volume: string): readonly string[] =>
      containers
        .filter(([, { volumes: mounts = [] }]) => mounts.some((mount) => mount.startsWith(`${volume}:`)))
        .map(([name]) => name)
        .filter((name) => name !== 'secrets')
        .sort();
    for (const name of serviceNames) expect(holders(`secrets-${name}`)).toEqual([name]);
    expect(holders('secrets-postgres')).toEqual(['postgres', 'storage']);
    expect(holders('secrets-redis')).toEqual(['redis', 'storage']);
  });
});

describe('The secrets of a deployment', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-secrets-'));
    await makeSecrets();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const makeSecrets = () =>
    runProgram({ command: process.execPath, args: [join(ROOT, 'deploy/docker/first-secrets.mjs'), folder] });

  test('are certificates of one authority, each for one service', async () => {
    for (const name of serviceNames) {
      const certificate = new X509Certificate(await readFile(join(folder, name, 'tls.pem')));
      const authority = new X509Certificate(await readFile(join(folder, name, 'ca.pem')));
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.checkIssued(authority)).toBe(true);
      expect([authority.ca, certificate.ca]).toEqual([true, false]);
      expect(certificate.subjectAltName).toBe(`DNS:${certificateName(name)}`);
      expect((await stat(join(folder, name, 'tls.key'))).mode & 0o077).toBe(0);
    }
  });

  test('stay as they are when they are made again', async () => {
    const before = await readFile(join(folder, 'keys/key-encryption.key'), 'utf8');
    expect(Buffer.from(before, 'base64')).toHaveLength(32);
    await makeSecrets();
    expect(await readFile(join(folder, 'keys/key-encryption.key'), 'utf8')).toBe(before);
    expect(await readdir(folder)).toHaveLength(serviceNames.length + 2);
  });

  test('are made for a service that is new, of an authority that is new for all, and nothing else is', async () => {
    const kept = ['keys/key-encryption.key', 'postgres/password', 'redis/password', 'redis/redis.conf'];
    const read = () => Promise.all(kept.map((file) => readFile(join(folder, file), 'utf8')));
    const before = await read();
    const authority = await readFile(join(folder, 'token/ca.pem'), 'utf8');
    await rm(join(folder, 'events'), { recursive: true });
    await makeSecrets();
    expect(await read()).toEqual(before);
    const authorities = await Promise.all(serviceNames.map((name) => readFile(join(folder, name, 'ca.pem'), 'utf8')));
    expect(new Set(authorities).size).toBe(1);
    expect(authorities[0]).not.toBe(authority);
    const issued = new X509Certificate(await readFile(join(folder, 'token/tls.pem')));
    expect(issued.verify(new X509Certificate(authorities[0] ?? '').publicKey)).toBe(true);
  });

  test('are where the configuration of the composition looks for them', async () => {
    const file = join(ROOT, 'deploy/config/compose.yaml');
    const passwords = {
      DATABASE_PASSWORD_FILE: join(folder, 'postgres/password'),
      REDIS_PASSWORD_FILE: join(folder, 'redis/password'),
    };
    const storage = loadConfigFile(file, passwords);
    const other = loadConfigFile(file, { DATABASE_PASSWORD_FILE: '', REDIS_PASSWORD_FILE: '' });
    if (!storage.ok || !other.ok) throw new Error(JSON.stringify([storage, other]));
    expect([storage.warnings, other.warnings]).toEqual([[], []]);
    const password = await readFile(join(folder, 'redis/password'), 'utf8');
    const topology = { type: 'single', host: 'redis', port: 6379, database: 0 };
    expect(storage.config.ephemeral).toMatchObject({ type: 'redis', topology, password });
    expect(await readFile(join(folder, 'redis/redis.conf'), 'utf8')).toContain(`requirepass ${password}\n`);
    expect(other.config.storage).toMatchObject({ host: 'postgres', password: '' });
    const { tls } = storage.config.rpc;
    const inContainer = (path = '') => path.replace('/run/certificates', join(folder, 'keys'));
    for (const path of [tls?.caFile, tls?.certFile, tls?.keyFile]) await stat(inContainer(path));
    expect(storage.config.keyEncryption).toMatchObject({ file: '/run/certificates/key-encryption.key' });
    expect(other.config.events).toEqual({ type: 'stdout' });
  });

  test('and the block for Kafka that the guide shows is one, for the service that has its password', async () => {
    const block = /^events:\n {2}type: kafka\n(?: .*\n)+/m.exec(await read('docs/guides/compose.md'))?.[0] ?? '';
    const kafka = await mkdtemp(join(tmpdir(), 'tessera-kafka-'));
    await writeFile(join(kafka, 'password'), 'hunter2\n');
    const text = (await read('deploy/config/compose.yaml')).replace(
      'events:\n  type: stdout\n',
      block.replaceAll('/run/kafka', kafka),
    );
    await writeFile(join(kafka, 'config.yaml'), text);
    const environment = { DATABASE_PASSWORD_FILE: '', REDIS_PASSWORD_FILE: '' };
    const loaded = loadConfigFile(join(kafka, 'config.yaml'), environment);
    await rm(kafka, { recursive: true });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded));
    expect(loaded.config.events).toEqual({
      type: 'kafka',
      brokers: ['kafka-1.example.com:9093', 'kafka-2.example.com:9093'],
      topic: 'tessera.events',
      clientId: 'tessera',
      tls: { caFile: `${kafka}/ca.pem` },
      sasl: { mechanism: 'scram-sha-512', username: 'tessera', password: 'hunter2' },
    });
  });
});
