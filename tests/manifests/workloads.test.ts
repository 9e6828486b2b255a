import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { componentNames, renderComponents, renderFolder } from './kustomize.ts';
import { type LabelSelector, type Manifest, nameOf, type PodTemplate, podTemplates, selects } from './manifest.ts';
import { containersOf } from './restricted.ts';

const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage', 'events'];

const renderings: readonly (readonly [string, () => Promise<readonly Manifest[]>])[] = [
  ['overlays/dev', () => renderFolder('overlays/dev')],
  ['overlays/production', () => renderFolder('overlays/production')],
  ['all components', async () => renderComponents(...(await componentNames()))],
];

describe.each(renderings)('In %s', async (_, render) => {
  const resources = await render();
  const pods = podTemplates(resources);
  const lasting = pods.filter(({ owner }) => !owner.startsWith('Job '));
  const ofKind = (kind: string): readonly Manifest[] => resources.filter((resource) => resource.kind === kind);

  test('every container says what it needs and what it may have at most, of memory', () => {
    for (const { owner, spec } of pods) {
      for (const { name, resources: { requests = {}, limits = {} } = {} } of containersOf(spec)) {
        expect([owner, name, Object.keys(requests).toSorted(), Object.keys(limits)]).toEqual([
          owner,
          name,
          ['cpu', 'memory'],
          ['memory'],
        ]);
      }
    }
  });

  test('every container that lasts is asked whether it has started, lives and is ready, at a port that it has', () => {
    for (const { owner, spec } of lasting) {
      for (const container of spec.containers) {
        const ports = (container.ports ?? []).map(({ name }) => name);
        for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
          const probe = container[kind] as Probe | undefined;
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
          const isSound = probe?.exec !== undefined || ports.includes(port ?? '');
          expect([owner, container.name, kind, isSound]).toEqual([owner, container.name, kind, true]);
        }
      }
    }
  });

  test('every root is read-only, every emptyDir has a limit, every mount a volume, and every volume a mount', () => {
    for (const { owner, spec } of pods) {
      const claims = claimsOf(resources, owner);
      const volumes = [...(spec.volumes ?? []).map(({ name }) => name), ...claims].toSorted();
      const mounts = containersOf(spec).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      expect([owner, [...new Set(mounts)].toSorted()]).toEqual([owner, volumes]);
      for (const { name, emptyDir } of spec.volumes ?? []) {
        if (emptyDir !== undefined) expect([owner, name, emptyDir.sizeLimit]).not.toContain(undefined);
      }
      for (const { securityContext } of containersOf(spec)) {
        expect([owner, securityContext]).toMatchObject([owner, { readOnlyRootFilesystem: true }]);
      }
    }
  });

  test('every selector of a Service and of a disruption budget finds pods, and the Service’s ports are theirs', () => {
    for (const service of ofKind('Service')) {
      const { selector = {}, ports } = service['spec'] as ServiceSpec;
      const selected = pods.filter(({ labels }) => selects({ matchLabels: selector }, labels));
      expect([nameOf(service), selected.length]).toEqual([nameOf(service), 1]);
      const named = selected.flatMap(({ spec }) => spec.containers).flatMap((container) => container.ports ?? []);
      for (const { targetPort } of ports) expect(named.map(({ name }) => name)).toContain(targetPort);
    }
    for (const budget of ofKind('PodDisruptionBudget')) {
      const { selector, maxUnavailable } = budget['spec'] as { selector: LabelSelector; maxUnavailable: number };
      expect([nameOf(budget), pods.filter(({ labels }) => selects(selector, labels)).length]).toEqual([
        nameOf(budget),
        1,
      ]);
      // A budget that names what may go lets one go, whatever the number of replicas.
      expect(maxUnavailable).toBe(1);
    }
  });

  test('every ConfigMap, claim and account that a pod names is there, and every Secret is made by somebody or a known one', () => {
    const names = (kind: string): readonly string[] => ofKind(kind).map(({ metadata }) => metadata.name);
    for (const { spec } of pods) {
      for (const { configMap } of spec.volumes ?? []) {
        if (configMap !== undefined) expect(names('ConfigMap')).toContain(configMap.name);
      }
      if (spec.serviceAccountName !== undefined) expect(names('ServiceAccount')).toContain(spec.serviceAccountName);
      if (spec.priorityClassName !== undefined) expect(names('PriorityClass')).toContain(spec.priorityClassName);
    }
    const needed = pods.flatMap(({ spec: { volumes = [] } }) =>
      volumes.flatMap(({ secret }) => (secret === undefined || secret.optional === true ? [] : [secret.secretName])),
    );
    const certificates = ofKind('Certificate').map(({ spec }) => (spec as { secretName: string }).secretName);
    const made = rulesOf(resources, 'tessera-first-secrets').flatMap(({ resourceNames = [] }) => resourceNames);
    const external = ['tessera-key-encryption', 'tessera-database', 'tessera-database-schema', 'tessera-redis'];
    for (const name of needed) expect([...certificates, ...made, ...external]).toContain(name);
    if (certificates.length > 0) for (const name of SERVICES) expect(certificates).toContain(`tessera-${name}-tls`);
  });

  test('no secret stands anywhere: none is made, none is a variable, and no text looks like one', () => {
    expect(ofKind('Secret')).toEqual([]);
    for (const { spec } of pods) {
      for (const { env = [], envFrom } of containersOf(spec)) {
        expect(envFrom).toBeUndefined();
        for (const { name, value, valueFrom } of env) {
          expect(valueFrom).toBeUndefined();
          if (/PASSWORD|SECRET|KEY|TOKEN/.test(name) && !name.endsWith('_FILE'))
            expect([name, value]).toEqual([name, '']);
        }
      }
    }
    const text = JSON.stringify(resources);
    expect(text).not.toMatch(
      /PRIVATE KEY|(?:password|secret|bindPW|token): +\S|"(?:password|secret|bindPW|token)": ?"[^"]/,
    );
  });

  test('no pod has a token of the API of Kubernetes but the Job that makes Secrets, which may do that and nothing else', () => {
    for (const { owner, spec } of pods) {
      const isMaker = owner === 'Job tessera-first-secrets';
      expect([owner, spec.automountServiceAccountToken]).toEqual([owner, isMaker]);
    }
    for (const account of ofKind('ServiceAccount')) expect(account['automountServiceAccountToken']).toBe(false);
    const rules = rulesOf(resources, 'tessera-first-secrets');
    expect(
      new Set(
        rules.flatMap(({ resources: kinds, verbs }) => kinds.flatMap((kind) => verbs.map((verb) => `${verb} ${kind}`))),
      ),
    ).toEqual(new Set(rules.length === 0 ? [] : ['create secrets', 'get secrets']));
    expect(ofKind('ClusterRole').concat(ofKind('ClusterRoleBinding'))).toEqual([]);
  });

  test('every image has a version or a digest, and those of Tessera that of this version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as Version;
    for (const { image } of pods.flatMap(({ spec }) => containersOf(spec))) {
      expect(image).toMatch(/:[\w.-]*\d[\w.-]*$|@sha256:[0-9a-f]{64}$/);
      if (/(?:^|\/)tessera(?:-example)?:/.test(image))
        expect(image).toSatisfy((name: string) => name.endsWith(`:${version}`));
    }
    for (const { labels } of pods.filter(isService)) expect(labels['app.kubernetes.io/version']).toBe(version);
  });

  test('everything is labelled, in one namespace, and its selectors tell instances and services apart', () => {
    for (const resource of resources.filter(({ kind }) => !['Namespace', 'PriorityClass'].includes(kind))) {
      expect([nameOf(resource), resource.metadata.namespace]).toEqual([nameOf(resource), 'tessera']);
    }
    const keys = pods.map(
      ({ labels }) => `${labels['app.kubernetes.io/name']} ${labels['app.kubernetes.io/component']}`,
    );
    expect(new Set(keys).size).toBe(pods.length);
    expect(keys.every((key) => /^tessera [a-z-]+$/.test(key))).toBe(true);
  });

  test('each service is one process with a certificate of its own, spread over zones and nodes', () => {
    const found = pods.filter(isService).map(({ labels }) => labels['app.kubernetes.io/component'] ?? '');
    expect(found.toSorted()).toEqual(SERVICES.toSorted());
    for (const { labels, spec } of pods.filter(isService)) {
      const service = labels['app.kubernetes.io/component'];
      const [container] = spec.containers;
      expect(container?.args).toEqual(['serve', '--config', '/etc/tessera/config.yaml', '--target', service]);
      expect(spec.volumes).toContainEqual({
        name: 'tls',
        secret: { secretName: `tessera-${service}-tls`, defaultMode: 0o440 },
      });
      const spread = spec['topologySpreadConstraints'] as readonly Spread[];
      expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      for (const { labelSelector } of spread) expect(selects(labelSelector, labels)).toBe(true);
      for (const { labelSelector } of spread) {
        expect(pods.filter((pod) => selects(labelSelector, pod.labels))).toHaveLength(1);
      }
    }
  });

  test('each secret is with those who need it, and with nobody else', () => {
    const holders = (secret: string): readonly string[] =>
      pods
        .filter(({ spec: { volumes = [] } }) => volumes.some((volume) => volume.secret?.secretName === secret))
        .map(({ labels }) => labels['app.kubernetes.io/component'] ?? '')
        .filter((name) => !['postgres', 'redis', 'migrate'].includes(name));
    expect(holders('tessera-key-encryption')).toEqual(['keys']);
    expect(holders('tessera-database')).toEqual(['storage']);
    expect(holders('tessera-redis')).toEqual(['storage']);
    expect(holders('tessera-clients')).toEqual(['storage']);
    expect(holders('tessera-connectors')).toEqual(['federation']);
    expect(holders('tessera-kafka')).toEqual(['events']);
    expect(holders('tessera-authority')).toEqual([]);
    for (const name of SERVICES) expect(holders(`tessera-${name}-tls`)).toEqual([name]);
  });

  test('a new version comes in one replica at a time, with none less than there were', () => {
    for (const deployment of ofKind('Deployment')) {
      const { strategy } = deployment['spec'] as { strategy: unknown };
      expect([nameOf(deployment), strategy]).toEqual([
        nameOf(deployment),
        { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      ]);
    }
  });
});

interface Probe {
  readonly httpGet?: { readonly port: string };
  readonly tcpSocket?: { readonly port: string };
  readonly exec?: unknown;
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly targetPort: string }[];
}

interface Spread {
  readonly topologyKey: string;
  readonly labelSelector: LabelSelector;
}

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Version {
  readonly version: string;
}

function isService({ owner, labels }: PodTemplate): boolean {
  return owner.startsWith('Deployment ') && SERVICES.includes(labels['app.kubernetes.io/component'] ?? '');
}

function rulesOf(resources: readonly Manifest[], name: string): readonly Rule[] {
  const role = resources.find((resource) => nameOf(resource) === `Role ${name}`);
  return (role?.['rules'] ?? []) as readonly Rule[];
}

function claimsOf(resources: readonly Manifest[], owner: string): readonly string[] {
  const spec = resources.find((resource) => nameOf(resource) === owner)?.['spec'];
  const { volumeClaimTemplates = [] } = spec as { readonly volumeClaimTemplates?: readonly Manifest[] };
  return volumeClaimTemplates.map(({ metadata }) => metadata.name);
}
