import { addressAt, CLUSTER_DOMAIN, SERVICE_SUBNET } from '../addresses.ts';
import type { Resource } from '../manifests/documents.ts';
import type { ServicePort } from '../manifests/networking.ts';
import { isSelected } from '../manifests/selectors.ts';
import type { Pod } from '../pods/pod.ts';
import type { VirtualPort } from './firewall.ts';
import type { NameLookup } from './name-server.ts';
import type { Endpoint } from './node-port.ts';

/** What Services lead to. */
export interface Endpoints {
  /** Pods that a Service leads to: they are ready, and not about to end. */
  podsOf(service: Resource<'Service'>): readonly Pod[];
  endpointsOf(service: Resource<'Service'>, port: ServicePort): readonly Endpoint[];
  /** Where the connections to a port of the machine go. */
  ofNodePort(nodePort: number): readonly Endpoint[];
  virtualAddress(service: Resource<'Service'>): string;
  virtualPorts(): readonly VirtualPort[];
  /** The names of the cluster, as its specification of DNS has them. */
  readonly lookup: NameLookup;
}

/** Where pods are not, and kubeadm's own Services are. */
const FIRST_SERVICE = 256;

/** Creates {@link Endpoints} that are always up to date. */
export function createEndpoints(services: () => readonly Resource<'Service'>[], pods: () => Iterable<Pod>): Endpoints {
  const virtual = new Map<string, string>();
  const podsOf = ({ namespace, content }: Resource<'Service'>): Pod[] =>
    [...pods()].filter(
      (pod) =>
        pod.namespace === namespace &&
        pod.address !== '' &&
        (pod.isReady || (content.hasUnreadyPods && !pod.isTerminating)) &&
        isSelected({ matchLabels: content.selector, matchExpressions: [] }, pod.labels),
    );
  const endpointsOf = (service: Resource<'Service'>, { target }: ServicePort): Endpoint[] =>
    podsOf(service).flatMap((pod) => {
      const port = typeof target === 'number' ? target : portNamed(pod, target);
      return port === undefined ? [] : [{ address: pod.address, port }];
    });
  const virtualAddress = ({ namespace, name }: Resource<'Service'>): string => {
    const key = `${namespace}/${name}`;
    const address = virtual.get(key) ?? addressAt(SERVICE_SUBNET, FIRST_SERVICE + virtual.size);
    virtual.set(key, address);
    return address;
  };
  return {
    podsOf,
    endpointsOf,
    virtualAddress,
    ofNodePort: (nodePort) =>
      services().flatMap((service) =>
        service.content.ports
          .filter((port) => port.nodePort === nodePort)
          .flatMap((port) => endpointsOf(service, port)),
      ),
    virtualPorts: () =>
      services()
        .filter(({ content }) => !content.isHeadless)
        .flatMap((service) =>
          service.content.ports.map((port) => ({
            address: virtualAddress(service),
            port: port.port,
            protocol: 'tcp' as const,
            endpoints: endpointsOf(service, port),
          })),
        ),
    lookup(name) {
      const suffix = `.svc.${CLUSTER_DOMAIN}`;
      if (!name.endsWith(suffix)) return undefined;
      const [namespace, serviceName, host, ...more] = name.slice(0, -suffix.length).split('.').toReversed();
      const service = services().find((one) => one.namespace === namespace && one.name === serviceName);
      if (service === undefined || more.length > 0) return undefined;
      if (!service.content.isHeadless) return host === undefined ? [virtualAddress(service)] : undefined;
      const found = podsOf(service);
      if (host === undefined) return found.map(({ address }) => address);
      const named = found.filter((pod) => pod.name === host);
      return named.length === 0 ? undefined : named.map(({ address }) => address);
    },
  };
}

/** The port of that name of a pod's containers. */
function portNamed({ spec }: Pod, name: string): number | undefined {
  return spec.containers.flatMap(({ ports }) => ports).find((port) => port.name === name)?.port;
}
