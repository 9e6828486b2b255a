import { Certificate, Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { Manifest } from './manifest.ts';

/** Made from the definition of a custom resource: checks what it is called on, and throws an error that names what is wrong. */
interface Definition {
  validate(this: unknown): void;
}

const definitions: Readonly<Record<string, Definition>> = {
  'cert-manager.io/v1 Certificate': Certificate.prototype,
  'cert-manager.io/v1 Issuer': Issuer.prototype,
  'gateway.networking.k8s.io/v1 HTTPRoute': HTTPRoute.prototype,
  'monitoring.coreos.com/v1 PodMonitor': PodMonitor.prototype,
  'monitoring.coreos.com/v1 PrometheusRule': PrometheusRule.prototype,
};

/** What the definition of a custom resource would refuse of it, unknown fields among it; a kind that is not known here too. */
export function customResourceProblems(resource: Manifest): readonly string[] {
  const definition = definitions[`${resource.apiVersion} ${resource.kind}`];
  if (definition === undefined) return [`no schema is known of ${resource.apiVersion} ${resource.kind}`];
  const seen = new Set<string>();
  try {
    definition.validate.call(watched(resource, '', seen));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return pathsOf(resource, '')
    .filter((path) => !seen.has(path))
    .map((path) => `${path} is not known`);
}

/** The same value, which notes the paths that are read: a validator reads what its schema knows, and nothing else. */
function watched(value: unknown, path: string, seen: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const child: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return child;
      seen.add(`${path}/${key}`);
      return watched(child, `${path}/${key}`, seen);
    },
  });
}

function pathsOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [`${path}/${key}`, ...pathsOf(child, `${path}/${key}`)]);
}
