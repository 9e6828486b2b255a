import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { LEAST, renderChart } from './helm-chart.ts';
import { renderComponents, renderFolder } from './kustomize.ts';
import { type Manifest, type Metadata, nameOf } from './manifest.ts';

/** Labels that only Helm gives, its mark in pods that the configuration changed, and how long a finished Job stays. */
const HELM_ONLY: ReadonlySet<string> = new Set([
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
  'checksum/config',
  'ttlSecondsAfterFinished',
]);

/**
 * Resources by kind and name, without what the two tools have to do differently: the namespace's own resource, which Helm
 * leaves to whoever installs; hashes in the names of ConfigMaps, for which Helm has a checksum in the pods; Helm's labels and
 * hooks; Jobs, which Helm names by a hash and kustomize removes, as neither can change them; the form of YAML inside of
 * ConfigMaps; the order of lists in which it says nothing.
 */
function comparable(manifests: readonly Manifest[]): Readonly<Record<string, unknown>> {
  const renamed = new Map(
    manifests
      .filter(({ kind }) => kind === 'ConfigMap')
      .map(({ metadata: { name } }) => [name, name.replace(/-[a-z0-9]{10}$/, '')]),
  );
  const entries = manifests
    .filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.annotations?.['helm.sh/hook'] === undefined)
    .map((manifest): [string, unknown] => {
      const value = plain(manifest, renamed) as Manifest;
      return [nameOf(value), value];
    });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function plain(value: unknown, renamed: ReadonlyMap<string, string>, key = ''): unknown {
  if (typeof value === 'string') {
    if (key.endsWith('.yaml')) return parse(value);
    return renamed.get(value) ?? value;
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item, renamed));
    return isNamedList(items) || SETS.has(key) ? items.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !HELM_ONLY.has(name));
  const rest = Object.fromEntries(entries.map(([name, child]) => [name, plain(child, renamed, name)]));
  if (rest['kind'] === 'Job') return { ...rest, metadata: jobMetadata(rest['metadata'] as Metadata) };
  // An empty map of annotations says the same as none.
  if (typeof rest['annotations'] === 'object' && Object.keys(rest['annotations'] ?? {}).length === 0)
    delete rest['annotations'];
  return rest;
}

function jobMetadata(metadata: Metadata): Metadata {
  return { ...metadata, name: metadata.name.replace(/-[0-9a-f]{8}$/, '') };
}

/** Lists of NetworkPolicies and Roles in which the order says nothing. */
const SETS: ReadonlySet<string> = new Set(['ingress', 'egress', 'from', 'to', 'ports', 'values', 'resourceNames']);

/** Kubernetes takes containers, volumes, mounts, ports and variables by their names. */
function isNamedList(items: readonly unknown[]): boolean {
  return items.every((item) => typeof item === 'object' && item !== null && 'name' in item);
}

/** JSON with its keys in order, so that equal values are equal texts. */
function order(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}

for (const name of ['dev', 'production']) {
  test(`The chart with values-${name}.yaml makes the resources of the overlay ${name}`, async () => {
    const [chart, kustomize] = await Promise.all([
      renderChart({ files: [`values-${name}.yaml`] }),
      renderFolder(`overlays/${name}`),
    ]);
    const [ours, theirs] = [comparable(chart), comparable(kustomize)];
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(ours).toEqual(theirs);
  });
}

/** Components that no overlay uses, the values that do the same, and the kind that they are about. */
const others: readonly (readonly [components: readonly string[], values: object, kind: string])[] = [
  [['ingress'], { ingress: { enabled: true, className: 'nginx' } }, 'Ingress'],
  [
    ['autoscaling', 'autoscaling-metrics'],
    { everyService: { autoscaling: { enabled: true, byOwnMetrics: true } } },
    'HorizontalPodAutoscaler',
  ],
];

for (const [components, values, kind] of others) {
  test(`The chart makes of ${JSON.stringify(values)} what the components ${components.join(' and ')} do`, async () => {
    const issuer = 'https://id.example.invalid/dex';
    const [chart, kustomize] = await Promise.all([
      renderChart({ values: { ...LEAST, issuer, ...values } }),
      renderComponents(...components),
    ]);
    // Labels come with the overlay that uses the component.
    const specs = (resources: readonly Manifest[]) =>
      Object.values(comparable(resources.filter((resource) => resource.kind === kind))).map(
        (resource) => (resource as Manifest)['spec'],
      );
    expect(specs(kustomize)).not.toEqual([]);
    expect(specs(chart)).toEqual(specs(kustomize));
  });
}
