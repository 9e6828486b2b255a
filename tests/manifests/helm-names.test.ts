import { expect, test } from 'vitest';
import { LEAST, type Rendering, renderChart } from './helm-chart.ts';
import { type Manifest, nameOf } from './manifest.ts';

const everything = {
  ...LEAST,
  certificates: { source: 'firstSecrets' },
  firstSecrets: { enabled: true },
  gatewayApi: { enabled: true, parentRefs: [{ name: 'public' }] },
  ingress: { enabled: true },
  monitoring: { podMonitor: { enabled: true }, prometheusRule: { enabled: true } },
  otel: { collector: { enabled: true } },
  priorityClass: { create: true },
  postgres: { inCluster: { enabled: true } },
  redis: { inCluster: { enabled: true } },
  kafka: { inCluster: { enabled: true } },
  gatewayNginx: { enabled: true },
  exampleApp: { enabled: true },
  everyService: { autoscaling: { enabled: true } },
};

const renderings: readonly Rendering[] = [
  { values: everything },
  { values: { ...everything, firstSecrets: { enabled: false }, certificates: { source: 'certManager' } } },
];

/** What would be different with other names, put into one form: hashes of contents with names in them. */
const withoutHashes = (resources: readonly Manifest[]): string =>
  JSON.stringify(resources)
    .replaceAll(/"checksum\/config":"[0-9a-f]{64}"/g, '"checksum/config":""')
    .replaceAll(/((?:first-secrets|migrate)-)[0-9a-f]{8}/g, '$1');

for (const rendering of renderings) {
  test('A release of another name is the same installation under that name, in its own namespace', async () => {
    const usual = await renderChart(rendering);
    const other = await renderChart({ ...rendering, release: 'login', namespace: 'identity' });
    const back = withoutHashes(other)
      .replaceAll('login-tessera', 'tessera')
      .replaceAll('"app.kubernetes.io/instance":"login"', '"app.kubernetes.io/instance":"tessera"')
      .replaceAll('"namespace":"identity"', '"namespace":"tessera"');
    expect(JSON.parse(back)).toEqual(JSON.parse(withoutHashes(usual)));
    expect(other.map(nameOf)).toContain('Deployment login-tessera-token');
    // Groups of alerts have names of their own.
    const text = JSON.stringify(other.filter(({ kind }) => kind !== 'PrometheusRule'));
    expect(text.match(/(?<!login-)\btessera-(?!example:)[a-z]+/g)).toBeNull();
    expect(other.filter(({ metadata: { name } }) => !name.startsWith('login-tessera'))).toEqual([]);
  });
}

test('Names can be said outright, and the name in selectors apart from them', async () => {
  const resources = await renderChart({ values: { ...everything, fullnameOverride: 'sso', nameOverride: 'idp' } });
  expect(resources.filter(({ metadata: { name } }) => !/^sso(?:-|$)/.test(name))).toEqual([]);
  const labels = new Set(resources.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/name']));
  expect([...labels]).toEqual(['idp']);
});

test('No name is longer than Kubernetes allows, however long the release’s is', async () => {
  const resources = await renderChart({ values: everything, release: 'a'.repeat(53) });
  expect(resources.filter(({ metadata: { name } }) => name.length > 63)).toEqual([]);
});

/** Every name that a resource refers to, by kind. */
function referencesOf(value: unknown, key = ''): readonly string[] {
  if (Array.isArray(value)) {
    if (key === 'imagePullSecrets' || key === 'parentRefs') return [];
    return value.flatMap((item) => referencesOf(item, key));
  }
  if (typeof value !== 'object' || value === null) return nameReference(key, value);
  const { name = '', kind = '', optional } = value as { name?: string; kind?: string; optional?: boolean };
  if (optional === true) return [];
  if (key === 'configMap') return [`ConfigMap ${name}`];
  if (key === 'backendRefs' || key === 'service') return [`Service ${name}`];
  if (['scaleTargetRef', 'issuerRef', 'roleRef', 'subjects'].includes(key)) return [`${kind} ${name}`];
  return Object.entries(value).flatMap(([child, inner]) => referencesOf(inner, child));
}

const KINDS: Readonly<Record<string, string>> = {
  serviceAccountName: 'ServiceAccount',
  serviceName: 'Service',
  priorityClassName: 'PriorityClass',
};

function nameReference(key: string, value: unknown): readonly string[] {
  if (KINDS[key] !== undefined) return [`${KINDS[key]} ${String(value)}`];
  if (key === 'secretName') return [`Secret ${String(value)}`];
  // Addresses in configurations, and of what is asked.
  return [...String(value).matchAll(/(?<![\w.-])(login-tessera-[a-z-]+):\d+/g)].map(([, host]) => `Service ${host}`);
}

for (const [index, rendering] of renderings.entries()) {
  test(`Whatever is referred to is there, or one of the Secrets that are documented (${index})`, async () => {
    const resources = await renderChart({ ...rendering, release: 'login' });
    const present = new Set(resources.map(nameOf));
    const made = resources.flatMap(({ kind, ...rest }) =>
      kind === 'Certificate' ? [`Secret ${(rest as unknown as CertificateSpec).spec.secretName}`] : [],
    );
    const granted = resources.flatMap((resource) => (resource.kind === 'Role' ? secretsOf(resource) : []));
    const documented = ['key-encryption', 'database', 'redis', 'gateway-tls'].map(
      (name) => `Secret login-tessera-${name}`,
    );
    const references = new Set(resources.flatMap((resource) => referencesOf(resource)));
    expect(references.size).toBeGreaterThan(30);
    const missing = [...references].filter((name) => ![...present, ...made, ...granted, ...documented].includes(name));
    expect(missing).toEqual([]);
  });
}

interface CertificateSpec {
  readonly spec: { readonly secretName: string };
}

/** The Secrets that the Job which makes them may read. */
function secretsOf(role: Manifest): readonly string[] {
  const { rules } = role as unknown as { readonly rules: readonly { readonly resourceNames?: readonly string[] }[] };
  return rules.flatMap(({ resourceNames = [] }) => resourceNames.map((name) => `Secret ${name}`));
}

test('An upgrade changes nothing that Kubernetes does not allow to be changed', async () => {
  const later = {
    ...everything,
    image: { tag: '0.2.0' },
    labels: { team: 'identity' },
    issuer: 'https://login.example.com/dex',
    everyService: { replicas: 5, podLabels: { tier: 'front' }, disruptionBudget: { maxUnavailable: 2 } },
    postgres: { inCluster: { enabled: true, resources: { limits: { memory: '2Gi' } } } },
  };
  const [before, after] = await Promise.all([renderChart({ values: everything }), renderChart({ values: later })]);
  expect(fixedParts(after)).toEqual(fixedParts(before));
  const jobs = (resources: readonly Manifest[]) => resources.filter(({ kind }) => kind === 'Job').map(nameOf);
  expect(jobs(before)).toHaveLength(2);
  expect(
    jobs(after).filter((name) => jobs(before).includes(name)),
    'a Job with another pod',
  ).toEqual([]);
});

/** What an update of the API would refuse to change, by resource. */
function fixedParts(resources: readonly Manifest[]): Readonly<Record<string, unknown>> {
  const entries = resources.flatMap((resource): [string, unknown][] => {
    const { spec = {}, roleRef } = resource as unknown as Partial<Fixed>;
    const name = nameOf(resource);
    if (resource.kind === 'Deployment') return [[name, spec['selector']]];
    if (resource.kind === 'StatefulSet') {
      const { replicas: _replicas, template: _template, ...rest } = spec;
      return [[name, rest]];
    }
    if (resource.kind === 'Service') return [[name, spec['clusterIP']]];
    if (resource.kind === 'RoleBinding') return [[name, roleRef]];
    if (resource.kind === 'PriorityClass') return [[name, (resource as unknown as { value: number }).value]];
    return [];
  });
  return Object.fromEntries(entries);
}

interface Fixed {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly roleRef: unknown;
}

test('Jobs that need not run again have the same name, so that Helm leaves them alone', async () => {
  const values = { ...everything, issuer: 'https://login.example.com' };
  const [before, after] = await Promise.all([renderChart({ values: everything }), renderChart({ values })]);
  const jobs = (resources: readonly Manifest[]) => resources.filter(({ kind }) => kind === 'Job');
  expect(jobs(after)).toEqual(jobs(before));
});
