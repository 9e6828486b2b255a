import type { NetworkPolicySpec, PolicyPeer, PolicyPort, PolicyRule } from '../manifests/networking.ts';
import { isSelected, type Labels } from '../manifests/selectors.ts';

/** A pod, as network policies see it. */
export interface PolicySubject {
  readonly namespace: string;
  readonly labels: Labels;
  readonly address: string;
  /** Its ports that have names. */
  readonly ports: Readonly<Record<string, number>>;
}

/** A namespace, as network policies see it. */
export interface PolicyNamespace {
  readonly name: string;
  readonly labels: Labels;
}

/** A policy and the namespace that it is for. */
export interface PolicyOf {
  readonly namespace: string;
  readonly spec: NetworkPolicySpec;
}

/** A list of rules with a name. */
interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
}

type Direction = 'ingress' | 'egress';

/**
 * The rules for nftables that let through what the policies allow: a chain for each pod that some policy selects, in each
 * direction that it speaks of, and the jumps there. A packet must pass the chains of both sides.
 */
export function policyChains(
  policies: readonly PolicyOf[],
  pods: readonly PolicySubject[],
  namespaces: readonly PolicyNamespace[],
): { readonly chains: readonly Chain[]; readonly jumps: readonly string[] } {
  const chains: Chain[] = [];
  const jumps: string[] = [];
  for (const direction of ['egress', 'ingress'] as const) {
    for (const pod of pods) {
      const own = policies.filter(
        ({ namespace, spec }) =>
          namespace === pod.namespace && spec[direction] !== undefined && isSelected(spec.pods, pod.labels),
      );
      if (own.length === 0) continue;
      const name = `${direction}_${pod.address.replaceAll('.', '_')}`;
      const allowed = own.flatMap(({ namespace, spec }) =>
        (spec[direction] ?? []).flatMap((rule) => matches(rule, { direction, pod, pods, namespaces, namespace })),
      );
      chains.push({ name, rules: [...allowed.map((match) => `${match} return`), 'drop'] });
      jumps.push(`ip ${direction === 'egress' ? 'saddr' : 'daddr'} ${pod.address} jump ${name}`);
    }
  }
  return { chains, jumps };
}

interface Context {
  readonly direction: Direction;
  readonly pod: PolicySubject;
  readonly pods: readonly PolicySubject[];
  readonly namespaces: readonly PolicyNamespace[];
  readonly namespace: string;
}

function matches(rule: PolicyRule, context: Context): string[] {
  const side = context.direction === 'egress' ? 'daddr' : 'saddr';
  if (rule.peers.length === 0)
    return rule.ports.length === 0 ? [''] : rule.ports.flatMap((port) => portMatch(port, context.pod, context));
  const result = [];
  for (const peer of rule.peers) {
    for (const { address, subject } of addresses(peer, context)) {
      const ports = rule.ports.length === 0 ? [''] : rule.ports.flatMap((port) => portMatch(port, subject, context));
      result.push(...ports.map((port) => `ip ${side} ${address} ${port}`));
    }
  }
  return result;
}

interface PeerAddress {
  readonly address: string;
  /** The pod that is there, if it is one. */
  readonly subject: PolicySubject | undefined;
}

function addresses(peer: PolicyPeer, { pods, namespaces, namespace, direction }: Context): PeerAddress[] {
  if (peer.kind === 'block') {
    // The pods have no addresses of IPv6.
    if (peer.cidr.includes(':')) return [];
    const side = direction === 'egress' ? 'daddr' : 'saddr';
    const except = peer.except.length === 0 ? '' : ` ip ${side} != { ${peer.except.join(', ')} }`;
    return [{ address: `${peer.cidr}${except}`, subject: undefined }];
  }
  const known = new Map(namespaces.map(({ name, labels }) => [name, labels]));
  const isFrom = (name: string): boolean => {
    if (peer.namespaces === undefined) return name === namespace;
    return isSelected(peer.namespaces, { ...known.get(name), 'kubernetes.io/metadata.name': name });
  };
  return pods
    .filter((pod) => isFrom(pod.namespace) && (peer.pods === undefined || isSelected(peer.pods, pod.labels)))
    .map((pod) => ({ address: pod.address, subject: pod }));
}

/** A port that is named is one of the side that is connected to. */
function portMatch(
  { protocol, port, endPort }: PolicyPort,
  peer: PolicySubject | undefined,
  context: Context,
): string[] {
  const name = protocol.toLowerCase();
  if (port === undefined) return [`meta l4proto ${name}`];
  const target = context.direction === 'ingress' ? context.pod : peer;
  const found = typeof port === 'number' ? port : target?.ports[port];
  if (found === undefined) return [];
  return [`${name} dport ${endPort === undefined ? found : `${found}-${endPort}`}`];
}
