import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dependencies } from '@tessera/cli';
import { loadConfig } from '@tessera/config';
import { serviceNames } from '@tessera/contracts';
import { freePort, testConfig, tryProgram } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, LEAST, type Rendering, renderChart } from './helm-chart.ts';
import { type Manifest, nameOf, type PodSpec, podTemplates } from './manifest.ts';

const trial = {
  issuer: 'https://id.example.com',
  postgres: { inCluster: { enabled: true } },
  redis: { inCluster: { enabled: true } },
  config: { enablePasswordDB: true },
};

/** The text of a key of a ConfigMap. */
function textOf(resources: readonly Manifest[], name: string, key: string): string {
  const map = resources.find((resource) => nameOf(resource) === `ConfigMap ${name}`);
  return (map as unknown as { readonly data: Readonly<Record<string, string>> } | undefined)?.data[key] ?? '';
}

async function configOf(rendering: Rendering): Promise<Readonly<Record<string, unknown>>> {
  return parse(textOf(await renderChart(rendering), 'tessera-config', 'config.yaml')) as Record<string, unknown>;
}

const accepted: Readonly<Record<string, Rendering>> = {
  'values-dev.yaml': { files: ['values-dev.yaml'] },
  'stores elsewhere': { values: LEAST },
  'stores in the cluster': { values: trial },
  'a collector elsewhere': { values: { ...LEAST, otel: { endpoint: 'https://otel.example.com' } } },
  'another type of storage': {
    values: {
      ...trial,
      config: { ...trial.config, storage: { type: 'etcd', config: { endpoints: ['https://etcd:2379'] } } },
    },
  },
  'production without its placeholders': {
    files: ['values-production.yaml'],
    values: { config: { web: { clientRemoteIP: { trustedProxies: ['192.0.2.0/24'] } } } },
  },
};

for (const [name, rendering] of Object.entries(accepted)) {
  test(`Tessera takes the configuration that the chart makes of ${name}`, async () => {
    const text = textOf(await renderChart(rendering), 'tessera-config', 'config.yaml');
    const result = loadConfig({ text, fileName: 'config.yaml', env: {}, readFile: () => 'a-secret-of-some-length' });
    expect(result.ok ? [] : result.problems).toEqual([]);
    const { services } = result.ok ? result.config : { services: {} };
    for (const target of serviceNames.flatMap((service) => dependencies[service])) {
      expect(services).toHaveProperty([target, 'addresses'], [`tessera-${target}:9090`]);
    }
  });
}

test('Placeholders of production are not taken for values: the services do not start with them', async () => {
  const text = textOf(await renderChart({ files: ['values-production.yaml'] }), 'tessera-config', 'config.yaml');
  const result = loadConfig({ text, fileName: 'config.yaml', env: {}, readFile: () => 'a-secret-of-some-length' });
  expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual(['web.clientRemoteIP.trustedProxies[0]']);
});

test('`config` is merged over what the chart derives: keys, false, lists, null, blocks of another type', async () => {
  const config = await configOf({
    values: {
      ...trial,
      config: {
        logger: { level: 'debug' },
        events: null,
        enablePasswordDB: false,
        web: { http: '0.0.0.0:8081' },
        services: { token: { addresses: ['dns:///token:9090'] } },
        storage: { type: 'mysql', config: { host: 'db', database: 'tessera', user: 'tessera' } },
        ephemeral: { config: { prefix: 'id:' } },
      },
    },
  });
  expect(config).toMatchObject({
    issuer: 'https://id.example.com',
    logger: { level: 'debug', format: 'json' },
    enablePasswordDB: false,
    web: { http: '0.0.0.0:8081' },
    ephemeral: { type: 'redis', config: { host: 'tessera-redis', prefix: 'id:' } },
  });
  expect(config['storage']).toEqual({ type: 'mysql', config: { host: 'db', database: 'tessera', user: 'tessera' } });
  expect(config).toHaveProperty(['services', 'token', 'addresses'], ['dns:///token:9090']);
  expect(config).toHaveProperty(['services', 'token', 'grpc'], '0.0.0.0:9090');
  expect(config).not.toHaveProperty('events');
});

test('Large numbers stay as they are written', async () => {
  const config = await configOf({
    values: { ...trial, config: { storage: { config: { maxOpenConns: 10_000_000 } } } },
  });
  expect(config).toHaveProperty(['storage', 'config', 'maxOpenConns'], 10_000_000);
  const [autoscaler] = (
    await renderChart({
      values: { ...LEAST, everyService: { autoscaling: { enabled: true, maxReplicas: 2_000_000 } } },
    })
  ).filter((resource) => nameOf(resource) === 'HorizontalPodAutoscaler tessera-storage');
  expect(autoscaler).toHaveProperty(['spec', 'maxReplicas'], 2_000_000);
});

/** The checksums in the pods, by who makes them. */
async function checksums(values: object): Promise<Readonly<Record<string, unknown>>> {
  const resources = await renderChart({ values });
  const found = resources.flatMap((resource): [string, unknown][] => {
    const { spec } = resource as { readonly spec?: { readonly template?: Pick<Manifest, 'metadata'> } };
    const checksum = spec?.template?.metadata.annotations?.['checksum/config'];
    return checksum === undefined ? [] : [[nameOf(resource), checksum]];
  });
  return Object.fromEntries(found);
}

test('Another configuration replaces the pods of all services, and no others', async () => {
  const values = { ...trial, gatewayNginx: { enabled: true }, otel: { collector: { enabled: true } } };
  const before = await checksums(values);
  const after = await checksums({ ...values, config: { logger: { level: 'debug' } } });
  const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
  expect(changed.toSorted()).toEqual(serviceNames.map((name) => `Deployment tessera-${name}`).toSorted());
  expect(Object.keys(after).length - changed.length, 'gateway, collector, migration').toBe(3);
  expect(await checksums({ ...values, everyService: { replicas: 4 } })).toEqual(before);
});

test('Migration by a user of its own has that user’s name and password, and the services have not', async () => {
  const values = { ...LEAST, migration: { user: 'tessera_schema' } };
  const resources = await renderChart({ values });
  const users = ['tessera-config', 'tessera-migrate-config'].map((name) =>
    /^ +user: (\w+)$/m.exec(textOf(resources, name, 'config.yaml'))?.at(1),
  );
  expect(users).toEqual(['tessera', 'tessera_schema']);
  const mounts = podTemplates(resources).flatMap(({ owner, spec: { volumes = [] } }) =>
    volumes.flatMap(({ secret }) =>
      secret?.secretName.startsWith('tessera-database') ? [[owner, secret.secretName]] : [],
    ),
  );
  expect(mounts).toEqual([
    ['Deployment tessera-storage', 'tessera-database'],
    [expect.stringMatching(/^Job tessera-migrate-/), 'tessera-database-schema'],
  ]);
});

test('Settings of one service are merged over those of every service', async () => {
  const resources = await renderChart({
    values: {
      ...LEAST,
      everyService: { replicas: 3, nodeSelector: { pool: 'identity' }, resources: { limits: { memory: '1Gi' } } },
      services: { token: { replicas: 7, nodeSelector: { zone: 'a' } }, keys: { nodeSelector: { pool: null } } },
    },
  });
  const specOf = (name: string): unknown =>
    resources.find((resource) => nameOf(resource) === `Deployment tessera-${name}`)?.['spec'];
  expect(specOf('token')).toMatchObject({ replicas: 7 });
  expect(specOf('storage')).toMatchObject({ replicas: 3 });
  const pods = new Map(podTemplates(resources).map(({ owner, spec }) => [owner, spec]));
  expect(pods.get('Deployment tessera-token')?.['nodeSelector']).toEqual({ pool: 'identity', zone: 'a' });
  expect(pods.get('Deployment tessera-keys')?.['nodeSelector']).toBeUndefined();
  expect(pods.get('Deployment tessera-keys')?.containers[0]?.resources).toEqual({
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { memory: '1Gi' },
  });
});

test('The chart’s table of services says of calls what the composition of services does', async () => {
  const table = parse(await readFile(`${CHART}/files/services.yaml`, 'utf8')) as Readonly<
    Record<string, { readonly calls?: readonly string[] }>
  >;
  const calls = Object.entries(table).map(([name, { calls: called = [] }]) => [name, called.toSorted()]);
  expect(Object.fromEntries(calls)).toEqual(
    Object.fromEntries(serviceNames.map((name) => [name, dependencies[name].toSorted()])),
  );
});

for (const issuer of ['https://id.example.com', 'https://id.example.com:8443/dex', 'http://id.example.com/a.b/c_d']) {
  test(`nginx takes the gateway’s configuration for the issuer ${issuer}`, async () => {
    const resources = await renderChart({ values: { ...LEAST, issuer, gatewayNginx: { enabled: true } } });
    // Names of Services do not resolve here, and standard output is a socket, which cannot be opened by name.
    const local = textOf(resources, 'tessera-gateway', 'nginx.conf')
      .replaceAll(/server tessera-\w+-http:/g, 'server 127.0.0.1:')
      .replaceAll('/dev/stdout', '/dev/null')
      // Debian's nginx is older than this.
      .replace(/^ *keepalive_min_timeout .*;$/m, '');
    const { ok, output } = await testConfig(local);
    expect(output).toContain('syntax is ok');
    expect(ok).toBe(true);
  });
}

test('Routes stand below the path of the issuer, and at the root where RFC 8414 §3.1 puts metadata', async () => {
  for (const [issuer, atRoot] of [
    ['https://id.example.com', []],
    [
      'https://id.example.com/dex',
      ['/.well-known/oauth-authorization-server/dex', '/.well-known/openid-configuration/dex'],
    ],
  ] as const) {
    const path = new URL(issuer).pathname.replace(/\/$/, '');
    const values = { ...LEAST, issuer, ingress: { enabled: true } };
    const [ingress] = (await renderChart({ values })).filter(({ kind }) => kind === 'Ingress');
    const { rules } = (
      ingress as unknown as { spec: { rules: readonly { http: { paths: readonly { path: string }[] } }[] } }
    ).spec;
    const paths = rules[0]?.http.paths.map((route) => route.path) ?? [];
    expect(paths).toContain(`${path}/token`);
    expect(paths).toContain(path === '' ? '/' : path);
    expect(paths.filter((route) => path !== '' && !route.startsWith(path)).toSorted()).toEqual(atRoot);
  }
});

test('helm test asks discovery and the keys it names, and fails where the issuer is another or has no keys', async () => {
  const port = await freePort();
  const issuer = 'https://id.example.com/dex';
  const answers: Record<string, unknown> = {
    '/dex/.well-known/openid-configuration': {
      issuer,
      jwks_uri: `${issuer}/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    '/dex/keys': { keys: [{ kid: 'a' }] },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? null));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const pod = (await renderChart({ values: { ...LEAST, issuer } })).find(({ kind }) => kind === 'Pod');
  const { containers = [] } = (pod?.['spec'] ?? {}) as Partial<PodSpec>;
  const [, ...command] = containers[0]?.command ?? [];
  expect(containers[0]?.args).toEqual([issuer, 'tessera-keys-http:8080']);
  const ask = (of: string) => tryProgram({ command: process.execPath, args: [...command, of, `127.0.0.1:${port}`] });
  try {
    expect(await ask(issuer)).toMatchObject({ code: 0, stdout: `${issuer} publishes 1 keys for RS256.\n` });
    answers['/dex/keys'] = { keys: [] };
    expect(await ask(issuer)).toMatchObject({ code: 1, stderr: expect.stringContaining('no keys are published') });
    expect(await ask('https://other.example.com/dex')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the metadata are of https://id.example.com/dex'),
    });
    expect(await ask('https://id.example.com')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answered 404'),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
