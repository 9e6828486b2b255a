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

interface Check {
  readonly disable?: boolean;
  readonly test?: readonly string[];
}

interface Container {
  readonly image: string;
  readonly build?: unknown;
  readonly profiles?: readonly string[];
  readonly restart: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly networks?: readonly string[] | Readonly<Record<string, object>>;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly stop_grace_period?: string;
  readonly healthcheck?: Check;
}

interface Network {
  readonly internal?: boolean;
  readonly ipam?: { readonly config: readonly { readonly subnet: string }[] };
}

interface Composition {
  readonly services: Readonly<Record<string, Container>>;
  readonly networks: Readonly<Record<string, Network | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

/** The names of a container's networks; none where it has none of its own. */
function networksOf({ networks = [] }: Container): readonly string[] {
  return Array.isArray(networks) ? networks : Object.keys(networks);
}

/** Run once, each for what others wait for. */
const ONCE = ['secrets', 'kafka-topic'];
/** Their images hold nothing but the program, which cannot ask itself. */
const MUTE = ['collector', 'traces'];
/** Our own services and their images ask `telemetry.http`. */
const OWN = [...serviceNames, 'events-log'];

/** Who is on which network; nobody reaches anybody else. */
const NETWORKS = {
  frontend: ['gateway'],
  public: ['authorize', 'gateway', 'keys', 'token'],
  services: OWN,
  database: ['postgres', 'storage'],
  cache: ['redis', 'storage'],
  messages: ['events', 'kafka', 'kafka-topic'],
  directory: ['directory', 'federation'],
  telemetry: [...OWN, 'collector', 'prometheus'],
  traces: ['collector', 'traces'],
  dashboards: ['grafana', 'prometheus', 'traces'],
  operators: ['grafana'],
  upstreams: ['authorize', 'federation', 'token'],
};

/** Who has which secrets beside the container that makes them. */
const SECRETS = {
  ...Object.fromEntries(serviceNames.map((name) => [`secrets-${name}`, [name]])),
  'secrets-events': ['events', 'events-log'],
  'secrets-postgres': ['postgres', 'storage'],
  'secrets-redis': ['redis', 'storage'],
  'secrets-directory': ['directory'],
  'secrets-directory-bind': ['directory', 'federation'],
  'secrets-grafana': ['grafana'],
};

describe('The composition', async () => {
  const { services, networks, volumes } = parse(await read('docker-compose.yml'), { merge: true }) as Composition;
  const containers = Object.entries(services);

  test.each(containers)('gives %s no rights it does not need', (name, container) => {
    expect(container.read_only).toBe(true);
    expect(container.cap_drop).toEqual(['ALL']);
    expect(container.security_opt).toEqual(['no-new-privileges:true']);
    expect(container.privileged).toBeUndefined();
    // The image of the services names its own user.
    if (name === 'secrets') {
      expect([container.user, container.network_mode, container.cap_add]).toEqual(['0:0', 'none', ['CHOWN']]);
    } else {
      expect(container.user ?? '').not.toMatch(/^(?:0|root)/);
      expect(container.cap_add).toBeUndefined();
    }
  });

  test.each(containers)(
    'names the version of the image of %s, and ends it as it has to be ended',
    (name, container) => {
      expect(container.image).toMatch(/^[a-z/-]+:v?\d+(\.\d+)*$/);
      expect(container.build !== undefined).toBe(container.image.startsWith('tessera'));
      expect(container.restart).toBe(ONCE.includes(name) ? 'no' : 'unless-stopped');
      if (OWN.includes(name)) expect(container.stop_grace_period).toBe('45s');
    },
  );

  test('runs each service by itself with the configuration it is given', () => {
    for (const name of serviceNames) {
      expect(services[name]?.command).toEqual(['serve', '--config', '/etc/tessera/config.yaml', '--target', name]);
      expect(services[name]?.volumes).toContain('./deploy/config/compose.yaml:/etc/tessera/config.yaml:ro');
      expect(services[name]?.volumes).toContain(`secrets-${name}:/run/certificates:ro`);
    }
  });

  test('lets each container reach those it speaks with alone, and the outside only where that is its work', () => {
    const members = Object.keys(networks).map((network): [string, readonly string[]] => [
      network,
      containers.filter(([, container]) => networksOf(container).includes(network)).map(([name]) => name),
    ]);
    const sorted = (of: readonly (readonly [string, readonly string[]])[]) =>
      Object.fromEntries(of.map(([network, names]) => [network, names.toSorted()]));
    expect(sorted(members)).toEqual(sorted(Object.entries(NETWORKS)));
    const open = Object.entries(networks).filter(([, network]) => network?.internal !== true);
    expect(open.map(([network]) => network)).toEqual(['frontend', 'operators', 'upstreams']);
    for (const [name, { networks: own, network_mode }] of containers) {
      if (own === undefined)
        expect([name, network_mode]).toEqual([name, name === 'secrets' ? 'none' : 'service:gateway']);
    }
  });

  test('N60: services believe what is said of a request on the one network that has the gateway on it', async () => {
    const config = parse(await read('deploy/config/compose.yaml')) as {
      readonly web: { readonly clientRemoteIP: { readonly trustedProxies: readonly string[] } };
    };
    const subnets = networks['public']?.ipam?.config.map(({ subnet }) => subnet);
    expect(config.web.clientRemoteIP.trustedProxies).toEqual(subnets);
    expect(NETWORKS.public.filter((name) => !serviceNames.some((service) => service === name))).toEqual(['gateway']);
  });

  test('publishes the gateway and Grafana on this machine, and nothing else', () => {
    const published = containers.filter(([, { ports = [] }]) => ports.length > 0).map(([name]) => name);
    expect(published).toEqual(['gateway', 'grafana']);
    for (const [, { ports = [] }] of containers) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('waits for containers until they are well or done, in an order that has a beginning', () => {
    const isInEverySet = (name: string): boolean => services[name]?.profiles === undefined;
    const visit = (name: string, before: readonly string[]): void => {
      expect(before).not.toContain(name);
      for (const [other, { condition, required }] of Object.entries(services[name]?.depends_on ?? {})) {
        expect(Object.keys(services)).toContain(other);
        expect(condition).toBe(ONCE.includes(other) ? 'service_completed_successfully' : 'service_healthy');
        const isThere = isInEverySet(other) || services[other]?.profiles?.[0] === services[name]?.profiles?.[0];
        expect([name, other, required ?? true]).toEqual([name, other, isThere]);
        visit(other, [...before, name]);
      }
    };
    for (const [name] of containers) visit(name, []);
    for (const [name, { healthcheck }] of containers) {
      const isAsked = healthcheck?.test !== undefined || OWN.includes(name);
      expect([name, isAsked]).toEqual([name, !ONCE.includes(name) && !MUTE.includes(name)]);
    }
  });

  test('starts everything unless less is asked for, and each set carries events to one place', async () => {
    const set = /^COMPOSE_PROFILES=(.*)$/m.exec(await read('.env'))?.[1]?.split(',') ?? [];
    const known = new Set(containers.flatMap(([, { profiles = [] }]) => profiles));
    expect(set.toSorted()).toEqual([...known].filter((profile) => profile !== 'minimal').toSorted());
    expect([services['events']?.profiles, services['events-log']?.profiles]).toEqual([['kafka'], ['minimal']]);
  });

  test('mounts volumes and files that exist, and files only to be read', async () => {
    for (const [, { volumes: mounts = [] }] of containers) {
      for (const mount of mounts) {
        const [source = '', , mode] = mount.split(':');
        if (!source.startsWith('.')) expect(Object.keys(volumes)).toContain(source);
        else expect([mode, await stat(join(ROOT, source)).then(Boolean)]).toEqual(['ro', true]);
      }
    }
  });

  test('gives each secret to those who need it alone, and no password by a variable', () => {
    const holders = (volume: string): readonly string[] =>
      containers
        .filter(([, { volumes: mounts = [] }]) => mounts.some((mount) => mount.startsWith(`${volume}:`)))
        .map(([name]) => name)
        .filter((name) => name !== 'secrets')
        .sort();
    const secrets = Object.keys(volumes).filter((volume) => volume.startsWith('secrets-'));
    expect(Object.fromEntries(secrets.map((volume) => [volume, holders(volume)]))).toEqual(SECRETS);
    for (const [, { environment = {} }] of containers) {
      for (const name of Object.keys(environment)) if (/PASSWORD|SECRET/.test(name)) expect(name).toMatch(/_FILE$/);
    }
  });

  test('tells the service that writes events to its log the same of storage as the others', async () => {
    const [all, log] = await Promise.all(
      ['compose.yaml', 'compose-events-log.yaml'].map(
        async (file) => parse(await read(`deploy/config/${file}`)) as Readonly<Record<string, unknown>>,
      ),
    );
    for (const block of ['issuer', 'logger', 'rpc', 'telemetry']) expect(log?.[block]).toEqual(all?.[block]);
    const storage = { addresses: ['storage:9090'] };
    expect(log?.['services']).toEqual({ storage });
    expect(all?.['services']).toMatchObject({ storage });
    expect(log?.['events']).toEqual({ type: 'stdout' });
    expect(JSON.stringify(log)).not.toContain('password');
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
    expect((await readdir(folder)).toSorted()).toEqual(
      [...serviceNames, 'directory', 'directory-bind', 'grafana', 'postgres', 'redis'].toSorted(),
    );
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

  test('include a certificate of the sample directory, which is no service', async () => {
    const certificate = new X509Certificate(await readFile(join(folder, 'directory/tls.pem')));
    const authority = new X509Certificate(await readFile(join(folder, 'federation/ca.pem')));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe('DNS:directory');
    expect(serviceNames.map(certificateName)).not.toContain('directory');
  });

  test('are where the configuration of the composition looks for them', async () => {
    const places = {
      '/run/database': 'postgres',
      '/run/redis-secrets': 'redis',
      '/run/directory': 'directory-bind',
      '/run/certificates': 'keys',
    };
    let text = await read('deploy/config/compose.yaml');
    for (const [inside, outside] of Object.entries(places)) text = text.replaceAll(inside, join(folder, outside));
    const file = join(folder, 'all.yaml');
    await writeFile(file, text);
    const loaded = loadConfigFile(file, {});
    await rm(file);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded));
    expect(loaded.warnings).toEqual([]);
    const { config } = loaded;
    const secret = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
    const password = await secret('redis/password');
    expect(config.storage).toMatchObject({ host: 'postgres', password: await secret('postgres/password') });
    const topology = { type: 'single', host: 'redis', port: 6379, database: 0 };
    expect(config.ephemeral).toMatchObject({ type: 'redis', topology, password });
    expect(await secret('redis/redis.conf')).toContain(`requirepass ${password}\n`);
    expect(config.events).toMatchObject({ type: 'kafka', brokers: ['kafka:9092'], topic: 'tessera.events' });
    const { tls } = config.rpc;
    for (const path of [tls?.caFile, tls?.certFile, tls?.keyFile]) await stat(path ?? '');
    expect(config.keyEncryption).toMatchObject({ file: join(folder, 'keys/key-encryption.key') });
    const [directory] = config.connectors;
    expect(directory).toMatchObject({ type: 'ldap', config: { bindPW: await secret('directory-bind/password') } });
  });

  test.each(['compose.yaml', 'compose-events-log.yaml'])(
    'need not be there where a service has none of them: %s',
    (name) => {
      const secretsOf = ['events'] as const;
      const loaded = loadConfigFile(join(ROOT, 'deploy/config', name), {}, {}, undefined, { secretsOf });
      expect([loaded.ok, loaded.warnings]).toEqual([true, []]);
    },
  );

  test('and the block for Kafka that the guide shows is one, for the service that has its password', async () => {
    const block = /^events:\n {2}type: kafka\n(?: .*\n)+/m.exec(await read('docs/guides/compose.md'))?.[0] ?? '';
    const kafka = await mkdtemp(join(tmpdir(), 'tessera-kafka-'));
    await writeFile(join(kafka, 'password'), 'hunter2\n');
    const text = (await read('deploy/config/compose.yaml')).replace(
      /^events:\n(?: .*\n)+/m,
      block.replaceAll('/run/kafka', kafka),
    );
    await writeFile(join(kafka, 'config.yaml'), text);
    const secretsOf = ['events'] as const;
    const loaded = loadConfigFile(join(kafka, 'config.yaml'), {}, {}, undefined, { secretsOf });
    await rm(kafka, { recursive: true });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded));
    expect(loaded.config.events).toMatchObject({
      type: 'kafka',
      brokers: ['kafka-1.example.com:9093', 'kafka-2.example.com:9093'],
      topic: 'tessera.events',
      tls: { caFile: `${kafka}/ca.pem` },
      sasl: { mechanism: 'scram-sha-512', username: 'tessera', password: 'hunter2' },
    });
  });
});
