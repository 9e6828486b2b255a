import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import { serviceNames } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { KUBERNETES, renderComponents, renderFolder } from './kustomize.ts';
import { type Manifest, nameOf, type PodTemplate, podTemplates } from './manifest.ts';

/** What stands for the network of the gateway until somebody says it. */
const PLACEHOLDER = /\[<.*>\]/;
/** The base does not say who signs in. */
const SOMEBODY = 'enablePasswordDB: true\n';

/** The configuration that the pods of a rendering read, with what has to be filled in filled in. */
function configurationOf(resources: readonly Manifest[]): string {
  const [map] = resources.filter(
    ({ kind, metadata }) => kind === 'ConfigMap' && /^tessera-config-/.test(metadata.name),
  );
  const { 'config.yaml': text = '' } = (map?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const filled = text.replace(PLACEHOLDER, '[10.0.0.0/16]');
  return /^(?:connectors|enablePasswordDB):/m.test(filled) ? filled : `${filled}${SOMEBODY}`;
}

function podOf(resources: readonly Manifest[], owner: string): PodTemplate {
  const [pod] = podTemplates(resources).filter((template) => template.owner === owner);
  if (pod === undefined) throw new Error(`there is no ${owner}`);
  return pod;
}

/** The folders of a pod that its Secrets are mounted in. */
function secretFolders({ spec: { volumes = [], containers } }: PodTemplate): readonly string[] {
  const secret = new Set(volumes.filter((volume) => volume.secret !== undefined).map(({ name }) => name));
  return containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.filter(({ name }) => secret.has(name)).map(({ mountPath }) => mountPath),
  );
}

/** Loads a configuration as a process in the pod does, where the files of its Secrets are and no others. */
function loadIn(pod: PodTemplate, text: string, service: 'storage'): TesseraConfig {
  const folders = secretFolders(pod);
  const readSecret = (path: string): string => {
    if (folders.some((folder) => path.startsWith(`${folder}/`))) return 'secret of 32 characters and more';
    throw new Error('ENOENT');
  };
  const loaded = loadConfig({ text, fileName: 'config.yaml', env: {}, readFile: readSecret, secretsOf: [service] });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.warnings).toEqual([]);
  return loaded.config;
}

describe.each(['base', 'overlays/dev', 'overlays/production'])('In %s', async (folder) => {
  const resources = await renderFolder(folder);
  const text = configurationOf(resources);
  const services = new Map(
    resources
      .filter(({ kind }) => kind === 'Service')
      .map(({ metadata, spec }) => [metadata.name, (spec as { ports: readonly { port: number }[] }).ports]),
  );

  test.each(serviceNames)('%s starts with the configuration and the secrets of its pod', (name) => {
    const pod = podOf(resources, `Deployment tessera-${name}`);
    const config = loadIn(pod, text, name as 'storage');
    const folders = secretFolders(pod);
    const isThere = (path = ''): boolean => folders.some((mount) => path.startsWith(`${mount}/`));
    expect(Object.values(config.rpc.tls ?? {}).map(isThere)).toEqual([true, true, true]);
    expect(Object.values(config.rpc.tls ?? {}).map((path) => path.split('/').at(-1))).toEqual(
      expect.arrayContaining(['ca.crt', 'tls.crt', 'tls.key']),
    );
    expect(isThere((config.keyEncryption as { file: string }).file)).toBe(name === 'keys');
    // It listens where its ports say.
    const [container] = pod.spec.containers;
    const ports = new Map((container?.ports ?? []).map((port) => [port.name, `0.0.0.0:${port.containerPort}`]));
    const { http, grpc } = config.services[name];
    expect([ports.get('http'), ports.get('grpc'), ports.get('telemetry')]).toEqual([http, grpc, config.telemetry.http]);
  });

  test('the addresses of services are headless Services with that port, and those with routes have one for the gateway', () => {
    const config = loadIn(podOf(resources, 'Deployment tessera-storage'), text, 'storage');
    for (const name of serviceNames) {
      const { addresses, http, grpc } = config.services[name];
      expect(addresses).toEqual(grpc === undefined ? [] : [`tessera-${name}:9090`]);
      if (grpc !== undefined) expect(services.get(`tessera-${name}`)).toMatchObject([{ port: 9090 }]);
      if (http !== undefined) expect(services.get(`tessera-${name}-http`)).toMatchObject([{ port: 8080 }]);
      if (grpc === undefined) continue;
      const service = resources.find((resource) => nameOf(resource) === `Service tessera-${name}`);
      expect(service?.['spec']).toMatchObject({ clusterIP: 'None' });
    }
  });

  test('a pod that goes has time for the longest request after the last one can have come', async () => {
    const { shutdown } = loadIn(podOf(resources, 'Deployment tessera-storage'), text, 'storage');
    const nginx = await readFile(join(KUBERNETES, 'components/gateway-nginx/nginx.conf'), 'utf8');
    const longestSeconds = Number(/proxy_read_timeout (\d+)s/.exec(nginx)?.[1]);
    expect(longestSeconds).toBeGreaterThanOrEqual(15);
    expect(shutdown.graceSeconds).toBeGreaterThan(longestSeconds);
    for (const name of serviceNames) {
      const { spec } = podOf(resources, `Deployment tessera-${name}`);
      const preStopSeconds = spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect(preStopSeconds).toBeGreaterThanOrEqual(5);
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(
        preStopSeconds + shutdown.delaySeconds + shutdown.graceSeconds,
      );
    }
  });

  test('it says of the services, their ports, certificates and keys what the base says', async () => {
    const base = parse(configurationOf(await renderFolder('base'))) as Readonly<Record<string, unknown>>;
    const own = parse(text) as Readonly<Record<string, unknown>>;
    for (const key of ['services', 'rpc', 'keyEncryption', 'logger', 'expiry']) expect(own[key]).toEqual(base[key]);
    expect(own['telemetry']).toMatchObject(base['telemetry'] as object);
    expect(own['web']).toMatchObject(base['web'] as object);
  });
});

test('The stores, the broker and the collector that dev speaks of are Services of dev', async () => {
  const resources = await renderFolder('overlays/dev');
  const config = loadIn(podOf(resources, 'Deployment tessera-storage'), configurationOf(resources), 'storage');
  const names = resources.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
  expect(config.storage).toMatchObject({ type: 'postgres', host: 'tessera-postgres' });
  expect(config.ephemeral).toMatchObject({ topology: { host: 'tessera-redis' } });
  expect(config.events).toMatchObject({ type: 'kafka', brokers: ['tessera-kafka:9092'] });
  expect(config.telemetry.otlpEndpoint).toBe('http://tessera-collector:4318');
  expect(names).toEqual(
    expect.arrayContaining([
      'tessera-postgres',
      'tessera-redis',
      'tessera-kafka',
      'tessera-collector',
      'tessera-gateway',
    ]),
  );
});

test('kind’s configuration leads the browser to the gateway, and the gateway is trusted by the addresses of its pods', async () => {
  const kind = parse(await readFile(join(KUBERNETES, 'overlays/dev/kind.yaml'), 'utf8')) as KindCluster;
  const resources = await renderFolder('overlays/dev');
  const config = loadIn(podOf(resources, 'Deployment tessera-storage'), configurationOf(resources), 'storage');
  const gateway = resources.find((resource) => nameOf(resource) === 'Service tessera-gateway');
  const { ports } = (gateway?.['spec'] ?? { ports: [] }) as { ports: readonly { port: number; nodePort: number }[] };
  const mappings = kind.nodes[0]?.extraPortMappings.map(({ hostPort, containerPort, listenAddress }) => {
    expect(listenAddress).toBe('127.0.0.1');
    return { port: hostPort, nodePort: containerPort };
  });
  expect(mappings).toEqual(expect.arrayContaining(ports.map(({ port, nodePort }) => ({ port, nodePort }))));
  expect(config.issuer).toBe('http://127.0.0.1:5556/dex');
  const { web } = parse(configurationOf(resources)) as { web: { clientRemoteIP: { trustedProxies: unknown } } };
  expect(web.clientRemoteIP.trustedProxies).toEqual([kind.networking.podSubnet]);
});

interface KindCluster {
  readonly networking: { readonly podSubnet: string };
  readonly nodes: readonly {
    readonly extraPortMappings: readonly { hostPort: number; containerPort: number; listenAddress: string }[];
  }[];
}

describe('The overlay production', async () => {
  const committed = await readFile(join(KUBERNETES, 'overlays/production/config.yaml'), 'utf8');
  const resources = await renderFolder('overlays/production');

  test('does not start as it is committed, and says which place has to be filled in', () => {
    const loaded = loadConfig({ text: committed, fileName: 'config.yaml', env: {}, readFile: () => 'secret' });
    expect(loaded.ok ? [] : loaded.problems.map(({ path }) => path)).toEqual(['web.clientRemoteIP.trustedProxies[0]']);
  });

  test('names no host and no address that is somebody’s', async () => {
    const text = JSON.stringify(resources).replaceAll(
      /[\w.-]+\.(?:tessera\.internal|k8s\.io|tessera\.dev|coreos\.com|cert-manager\.io)/g,
      '',
    );
    for (const url of committed.match(/https?:\/\/[^/\s]+/g) ?? []) expect(url).toMatch(/\.example\.invalid$/);
    for (const host of text.match(/\b(?:postgres|redis|kafka|registry|id)\.[a-z.]+/g) ?? []) {
      expect(host).toMatch(/\.example\.invalid$/);
    }
  });

  test('speaks TLS to every store and proves who they are', () => {
    const config = loadIn(podOf(resources, 'Deployment tessera-storage'), configurationOf(resources), 'storage');
    expect(config.storage).toMatchObject({ ssl: { mode: 'verify-full', caFile: '/run/secrets/database/ca.crt' } });
    expect(config.ephemeral).toMatchObject({ tls: { caFile: '/run/secrets/redis/ca.crt' } });
    expect(config.events).toMatchObject({ tls: { caFile: '/run/secrets/kafka/ca.crt' } });
  });

  test('has the issuer’s host at the Gateway, and redirects of connectors below the issuer', () => {
    const config = loadIn(podOf(resources, 'Deployment tessera-storage'), configurationOf(resources), 'storage');
    const [route] = resources.filter(({ kind }) => kind === 'HTTPRoute');
    expect(route?.['spec']).toMatchObject({ hostnames: [new URL(config.issuer).hostname] });
    expect(committed).toContain(`redirectURI: ${config.issuer}/callback`);
  });

  test('migrates with the configuration of the services and the password of the database alone', () => {
    const pod = podOf(resources, 'Job tessera-migrate');
    expect(pod.spec.containers[0]?.args).toEqual(['migrate', '--config', '/etc/tessera/config.yaml']);
    expect(secretFolders(pod)).toEqual(['/run/secrets/database']);
    const { storage } = parse(configurationOf(resources)) as { storage: { config: { passwordFile: string } } };
    expect(storage.config.passwordFile).toMatch(/^\/run\/secrets\/database\//);
  });
});

test('With schema-user the migration is a user of its own, with a password that storage does not have', async () => {
  const resources = await renderComponents('migration', 'schema-user');
  const pod = podOf(resources, 'Job tessera-migrate');
  const [config] = pod.spec.volumes?.filter(({ name }) => name === 'config') ?? [];
  const map = resources.find(({ metadata }) => metadata.name === config?.configMap?.name);
  const { 'config.yaml': text = '' } = (map?.['data'] ?? {}) as Readonly<Record<string, string>>;
  expect(loadIn(pod, text, 'storage').storage).toMatchObject({ user: 'tessera_schema', ssl: { mode: 'verify-full' } });
  const holders = podTemplates(resources).filter(({ spec }) =>
    spec.volumes?.some(({ secret }) => secret?.secretName === 'tessera-database-schema'),
  );
  expect(holders.map(({ owner }) => owner)).toEqual(['Job tessera-migrate']);
  expect(pod.spec.volumes?.map(({ secret }) => secret?.secretName)).not.toContain('tessera-database');
});
