import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { componentNames, KUBERNETES, renderComponents, renderFolder } from './kustomize.ts';
import { type LabelSelector, type Manifest, nameOf, podTemplates, selects } from './manifest.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ALL = ['authorize', 'events', 'federation', 'keys', 'storage', 'token'];

function specOf<T>(resources: readonly Manifest[], name: string): T {
  const resource = resources.find((candidate) => nameOf(candidate) === name);
  if (resource === undefined) throw new Error(`there is no ${name}`);
  return resource['spec'] as T;
}

test('The README names every component there is, and no other', async () => {
  const readme = await readFile(join(KUBERNETES, 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('## Components'), readme.indexOf('## What is tested'));
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
  );
  expect(named.toSorted()).toEqual(await componentNames());
});

describe('Autoscaling', async () => {
  const resources = await renderComponents('autoscaling', 'autoscaling-metrics');
  const scalers = resources.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');

  test('is of every service, and its Deployments leave the number of replicas to it', () => {
    const targets = scalers.map(({ spec }) => (spec as Scaler).scaleTargetRef.name.replace('tessera-', ''));
    expect(targets.toSorted()).toEqual(ALL);
    for (const target of targets) {
      const deployment = specOf<{ replicas?: number }>(resources, `Deployment tessera-${target}`);
      expect(deployment.replicas).toBeUndefined();
    }
    for (const { spec } of scalers) expect((spec as Scaler).minReplicas).toBeGreaterThan(1);
  });

  test('asks for metrics that the reference has, of the services that tell them, by names that prometheus-adapter offers', async () => {
    const reference = await readFile(join(ROOT, 'docs/reference/metrics.md'), 'utf8');
    const adapter = parse(
      await readFile(join(KUBERNETES, 'components/autoscaling-metrics/prometheus-adapter.yaml'), 'utf8'),
    ) as { rules: { custom: readonly { seriesQuery: string }[] } };
    const offered = adapter.rules.custom.map(({ seriesQuery }) => seriesQuery.replace(/\{.*/, ''));
    const asked = scalers.flatMap(({ metadata, spec }) =>
      (spec as Scaler).metrics.flatMap(({ pods }) => (pods === undefined ? [] : [[metadata.name, pods.metric.name]])),
    );
    expect(new Set(asked.map(([, metric]) => metric))).toEqual(new Set(offered));
    for (const [scaler = '', metric = ''] of asked) {
      const row = reference.split('\n').find((line) => line.startsWith(`| \`${metric}\``));
      if (metric.startsWith('tessera_')) expect(row).toContain(`\`${scaler.replace('tessera-', '')}\``);
      else expect(reference).toContain('nodejs_eventloop_lag');
    }
    expect(asked.map(([scaler = '']) => scaler).toSorted()).toEqual(ALL.map((name) => `tessera-${name}`));
  });
});

interface Scaler {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicas: number;
  readonly metrics: readonly { readonly pods?: { readonly metric: { readonly name: string } } }[];
}

describe('Prometheus', async () => {
  const resources = await renderFolder('overlays/production');

  test('has the alerts of deploy/prometheus/alerts.yaml', async () => {
    const alerts = parse(await readFile(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8')) as object;
    expect(specOf(resources, 'PrometheusRule tessera')).toEqual(alerts);
  });

  test('asks every service, at a port that its pods have', () => {
    const monitor = specOf<Monitor>(resources, 'PodMonitor tessera');
    const asked = podTemplates(resources).filter(({ labels }) => selects(monitor.selector, labels));
    expect(asked.map(({ labels }) => labels['app.kubernetes.io/component'] ?? '').toSorted()).toEqual(ALL);
    for (const { port } of monitor.podMetricsEndpoints) {
      for (const { spec } of asked) expect(spec.containers[0]?.ports?.map(({ name }) => name)).toContain(port);
    }
  });
});

interface Monitor {
  readonly selector: LabelSelector;
  readonly podMetricsEndpoints: readonly { readonly port: string }[];
}

describe('cert-manager', async () => {
  const resources = await renderFolder('overlays/production');
  const certificates = resources.filter(({ kind }) => kind === 'Certificate');

  test('makes a certificate for each service with its name alone, with a new key each time, long before the old one ends', () => {
    const authority = specOf<Certificate>(resources, 'Certificate tessera-authority');
    // A new key would make certificates of before and after untrusted by one another.
    expect(authority).toMatchObject({ isCA: true, privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } });
    for (const name of ALL) {
      const certificate = specOf<Certificate>(resources, `Certificate tessera-${name}`);
      expect(certificate).toMatchObject({
        dnsNames: [`${name}.tessera.internal`],
        secretName: `tessera-${name}-tls`,
        privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth', 'client auth'],
        issuerRef: { kind: 'Issuer', name: 'tessera-services' },
      });
      expect(Number.parseInt(certificate.renewBefore, 10) * 3).toBeGreaterThanOrEqual(
        Number.parseInt(certificate.duration, 10),
      );
    }
    expect(certificates).toHaveLength(ALL.length + 1);
    expect(specOf(resources, 'Issuer tessera-services')).toEqual({ ca: { secretName: authority.secretName } });
  });
});

interface Certificate {
  readonly secretName: string;
  readonly duration: string;
  readonly renewBefore: string;
}
