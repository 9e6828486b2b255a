import { expect, test } from 'vitest';
import { LEAST, renderChart } from './helm-chart.ts';
import { KUBERNETES_VERSIONS, validateResources } from './kubernetes-schemas.ts';
import { type Manifest, nameOf } from './manifest.ts';
import { restrictedViolations } from './restricted.ts';

const on = { enabled: true };
const inCluster = { inCluster: on };

/** Values over the least, with what they add and, after a minus, what they take away. */
const toggles: readonly (readonly [values: object, ...changes: string[]])[] = [
  [
    { certificates: { source: 'existing' } },
    '-Issuer tessera-services',
    '-Issuer tessera-self-signed',
    '-Certificate tessera-authority',
    '-Certificate tessera-token',
  ],
  [
    { certificates: { certManager: { issuerRef: { name: 'ours', kind: 'ClusterIssuer' } } } },
    '-Issuer tessera-services',
    '-Certificate tessera-authority',
  ],
  [
    { certificates: { source: 'firstSecrets' }, firstSecrets: on },
    'Role tessera-first-secrets',
    'RoleBinding tessera-first-secrets',
    'NetworkPolicy tessera-first-secrets',
    '-Certificate tessera-token',
  ],
  [{ migration: { enabled: false } }, '-ServiceAccount tessera-migrate'],
  [{ migration: { hook: true } }, 'Job tessera-migrate'],
  [{ gatewayApi: { ...on, parentRefs: [{ name: 'public' }] } }, 'HTTPRoute tessera'],
  [{ ingress: on }, 'Ingress tessera'],
  [{ ingress: { ...on, className: 'nginx', annotations: { a: 'b' }, tls: { secretName: 'mine' } } }, 'Ingress tessera'],
  [{ networkPolicies: { enabled: false } }, '-NetworkPolicy tessera-default-deny', '-NetworkPolicy tessera-test'],
  [
    { networkPolicies: { database: [{ ports: [{ port: 5432 }] }], redis: [{ ports: [{ port: 6379 }] }] } },
    'NetworkPolicy tessera-to-database',
    'NetworkPolicy tessera-to-redis',
  ],
  [{ monitoring: { podMonitor: { ...on, labels: { release: 'prometheus' } } } }, 'PodMonitor tessera'],
  [{ monitoring: { prometheusRule: on } }, 'PrometheusRule tessera'],
  [{ otel: { collector: on } }, 'Deployment tessera-collector', 'NetworkPolicy tessera-to-collector'],
  [{ priorityClass: { create: true } }, 'PriorityClass tessera'],
  [
    { postgres: inCluster, redis: inCluster, kafka: inCluster },
    'StatefulSet tessera-postgres',
    'StatefulSet tessera-redis',
    'StatefulSet tessera-kafka',
    'NetworkPolicy tessera-to-postgres',
    'NetworkPolicy tessera-migrate-to-postgres',
  ],
  [
    { gatewayNginx: { ...on, service: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } }, exampleApp: on },
    'Deployment tessera-gateway',
    'Service tessera-gateway',
  ],
  [
    { everyService: { autoscaling: { ...on, byOwnMetrics: true } } },
    'HorizontalPodAutoscaler tessera-token',
    'HorizontalPodAutoscaler tessera-events',
  ],
  [{ services: { token: { disruptionBudget: { enabled: false } } } }, '-PodDisruptionBudget tessera-token'],
  [
    {
      labels: { team: 'identity' },
      image: { digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always', pullSecrets: ['registry'] },
      everyService: {
        annotations: { a: 'b' },
        podAnnotations: { c: 'd' },
        podLabels: { e: 'f' },
        serviceAccountAnnotations: { g: 'h' },
        nodeSelector: { 'kubernetes.io/arch': 'arm64' },
        tolerations: [{ key: 'identity', operator: 'Exists' }],
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
        priorityClassName: 'high',
        extraEnv: [{ name: 'VAULT_ADDR', value: 'https://vault:8200' }],
        extraVolumes: [{ name: 'theme', configMap: { name: 'theme' } }],
        extraVolumeMounts: [{ name: 'theme', mountPath: '/etc/theme' }],
        networkPolicy: { ingress: [{ ports: [{ port: 5558 }] }], egress: [{ ports: [{ port: 8200 }] }] },
      },
    },
  ],
];

const least = await renderChart({ values: LEAST });

/** Pods by themselves, as those of `helm test`, have to keep the same rules. */
function withTemplates(resources: readonly Manifest[]): readonly Manifest[] {
  return resources.map((resource) =>
    resource.kind === 'Pod' ? { ...resource, spec: { template: { spec: resource['spec'] } } } : resource,
  );
}

for (const [values, ...changes] of toggles) {
  test(`Every version of Kubernetes takes what comes of ${JSON.stringify(values)}`, async () => {
    const resources = await renderChart({ values: { ...LEAST, ...values } });
    const names = new Set(resources.map(nameOf));
    const before = new Set(least.map(nameOf));
    for (const change of changes) {
      const name = change.replace(/^-/, '');
      expect([name, before.has(name), names.has(name)]).toEqual([name, change !== name, change === name]);
    }
    expect(names.size, 'each name once').toBe(resources.length);
    for (const version of KUBERNETES_VERSIONS) expect(await validateResources(resources, version), version).toEqual([]);
    expect(restrictedViolations(withTemplates(resources))).toEqual([]);
  });
}
