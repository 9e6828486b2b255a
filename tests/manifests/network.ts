import { BlockList, isIPv6 } from 'node:net';
import { type LabelSelector, type Labels, type Manifest, podTemplates, selects } from './manifest.ts';

/** Something that calls or is called: a pod, or an address outside of the cluster. */
export interface Endpoint {
  readonly name: string;
  /** Undefined outside of the cluster. */
  readonly namespace?: string;
  readonly namespaceLabels?: Labels;
  readonly labels?: Labels;
  /** Of a pod any address of the cluster: a policy that allows it by its address allows it. */
  readonly address: string;
}

/** A port and its protocol. */
export interface Port {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyPort {
  readonly port?: number;
  readonly protocol?: string;
}

interface PolicyRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly PolicyPort[];
}

interface Policy {
  readonly namespace: string;
  readonly podSelector: LabelSelector;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
}

/** The pods of a rendering, as endpoints of its namespace, each with the ports of its containers. */
export function podEndpoints(
  resources: readonly Manifest[],
): readonly (Endpoint & { readonly ports: readonly number[] })[] {
  return podTemplates(resources).map(({ labels, spec }) => ({
    name: labels['app.kubernetes.io/component'] ?? '',
    namespace: 'tessera',
    namespaceLabels: { 'kubernetes.io/metadata.name': 'tessera' },
    labels,
    address: '10.244.0.10',
    ports: spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
  }));
}

/** Whether the NetworkPolicies of a rendering let one endpoint call another: both sides have to allow it. */
export function createNetwork(resources: readonly Manifest[]): (from: Endpoint, to: Endpoint, port: Port) => boolean {
  const policies = resources.filter(({ kind }) => kind === 'NetworkPolicy').map(policyOf);
  const allows = (direction: 'Ingress' | 'Egress', at: Endpoint, other: Endpoint, port: Port): boolean => {
    const selecting = policies.filter(
      ({ namespace, podSelector, policyTypes }) =>
        at.namespace === namespace && policyTypes.includes(direction) && selects(podSelector, at.labels ?? {}),
    );
    if (selecting.length === 0) return true;
    return selecting.some(({ namespace, ingress, egress }) =>
      (direction === 'Ingress' ? ingress : egress).some(
        ({ from, to, ports }) =>
          (ports === undefined || ports.some((allowed) => matchesPort(allowed, port))) &&
          ((from ?? to) === undefined || (from ?? to ?? []).some((peer) => matchesPeer(peer, other, namespace))),
      ),
    );
  };
  return (from, to, port) => allows('Egress', from, to, port) && allows('Ingress', to, from, port);
}

function policyOf(resource: Manifest): Policy {
  const spec = resource['spec'] as Omit<Policy, 'namespace' | 'ingress' | 'egress'> & Partial<Policy>;
  return { ingress: [], egress: [], ...spec, namespace: resource.metadata.namespace ?? '' };
}

function matchesPort(allowed: PolicyPort, { port, protocol }: Port): boolean {
  return (allowed.protocol ?? 'TCP') === protocol && (allowed.port === undefined || allowed.port === port);
}

function matchesPeer({ podSelector, namespaceSelector, ipBlock }: Peer, other: Endpoint, namespace: string): boolean {
  if (ipBlock !== undefined) {
    const { cidr, except = [] } = ipBlock;
    return isWithin(other.address, cidr) && !except.some((range) => isWithin(other.address, range));
  }
  if (other.namespace === undefined) return false;
  const isInNamespace =
    namespaceSelector === undefined
      ? other.namespace === namespace
      : selects(namespaceSelector, other.namespaceLabels ?? {});
  return isInNamespace && selects(podSelector ?? {}, other.labels ?? {});
}

function isWithin(address: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const kind = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (kind !== (isIPv6(network) ? 'ipv6' : 'ipv4')) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), kind);
  return list.check(address, kind);
}
