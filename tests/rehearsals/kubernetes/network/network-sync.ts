import type { Pod } from '../pods/pod.ts';
import type { ResourceStore } from '../resource-store.ts';
import type { Endpoints } from './endpoints.ts';
import { applyFirewall } from './firewall.ts';

/** Brings the rules for packets up to date with what the resources and pods of a cluster are now. */
export async function syncNetwork(resources: ResourceStore, endpoints: Endpoints, pods: readonly Pod[]): Promise<void> {
  await applyFirewall({
    virtualPorts: endpoints.virtualPorts(),
    pods: pods
      .filter(({ address }) => address !== '')
      .map(({ namespace, labels, address, spec }) => ({ namespace, labels, address, ports: namedPorts(spec) })),
    namespaces: resources.all('Namespace'),
    policies: resources.all('NetworkPolicy').map(({ namespace, content }) => ({ namespace, spec: content })),
  });
}

function namedPorts({ containers }: Pod['spec']): Record<string, number> {
  const ports = containers.flatMap((container) => container.ports);
  return Object.fromEntries(ports.flatMap(({ name, port }) => (name === undefined ? [] : [[name, port] as const])));
}
