import { runProgram } from '@tessera/testkit';
import { API, NAME_SERVER, OUTSIDE_ADDRESS } from '../addresses.ts';
import { type PolicyNamespace, type PolicyOf, type PolicySubject, policyChains } from './policy-rules.ts';

/** A virtual address and port, and where its connections go to. */
export interface VirtualPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** What the packets of the machine are led and filtered by. */
export interface FirewallState {
  readonly virtualPorts: readonly VirtualPort[];
  readonly pods: readonly PolicySubject[];
  readonly namespaces: readonly PolicyNamespace[];
  readonly policies: readonly PolicyOf[];
}

/** Where pods find the cluster's own services. */
const OWN_PORTS: readonly VirtualPort[] = [
  {
    address: API.service,
    port: API.servicePort,
    protocol: 'tcp',
    endpoints: [{ address: API.address, port: API.port }],
  },
  ...(['udp', 'tcp'] as const).map((protocol) => ({
    address: NAME_SERVER.service,
    port: NAME_SERVER.port,
    protocol,
    endpoints: [{ address: NAME_SERVER.address, port: NAME_SERVER.port }],
  })),
];

const DNS_POD: PolicySubject = {
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  address: NAME_SERVER.address,
  ports: { dns: NAME_SERVER.port, 'dns-tcp': NAME_SERVER.port },
};

/**
 * Replaces all rules at once. Connections that are established go on as they began: as with kube-proxy, and as with network
 * plug-ins that follow connections.
 */
export async function applyFirewall(state: FirewallState): Promise<void> {
  const ports = [...OWN_PORTS, ...state.virtualPorts];
  const subjects = [DNS_POD, ...state.pods];
  const { chains, jumps } = policyChains(state.policies, subjects, state.namespaces);
  const rules = [
    'table ip cluster',
    'delete table ip cluster',
    'table ip cluster {',
    chain('services', ports.flatMap(leadingRules)),
    chain('before_routing', ['type nat hook prerouting priority -100;', 'jump services']),
    chain('own_connections', ['type nat hook output priority -100;', 'jump services']),
    chain('after_routing', ['type nat hook postrouting priority 100;', ...hairpinRules(state.pods)]),
    ...chains.map(({ name, rules: own }) => chain(name, own)),
    chain('policies', jumps),
    chain('unanswered', ports.flatMap(refusingRules)),
    chain('forwarded', filter('forward', ['jump unanswered', 'jump policies'])),
    chain('to_machine', filter('input', ['jump unanswered', 'jump policies'])),
    chain('from_outside', filter('output', ['jump unanswered', `ip saddr ${OUTSIDE_ADDRESS} jump policies`])),
    '}',
  ];
  await runProgram({ command: '/usr/sbin/nft', args: ['-f', '-'], input: rules.join('\n') });
}

function chain(name: string, rules: readonly string[]): string {
  return `chain ${name} {\n${rules.map((rule) => `  ${rule}\n`).join('')}}`;
}

function filter(hook: string, rules: readonly string[]): string[] {
  return [`type filter hook ${hook} priority 0;`, 'ct state established,related accept', ...rules];
}

function leadingRules({ address, port, protocol, endpoints }: VirtualPort): string[] {
  const matched = `ip daddr ${address} ${protocol} dport ${port}`;
  const [first] = endpoints;
  if (first === undefined) return [];
  if (endpoints.some((endpoint) => endpoint.port !== first.port))
    throw new Error(`${address} has endpoints of several ports`);
  const choices = endpoints.map((endpoint, index) => `${index} : ${endpoint.address}`).join(', ');
  return [`${matched} dnat to numgen random mod ${endpoints.length} map { ${choices} }:${first.port}`];
}

/** Nobody is there: the client is told at once. */
function refusingRules({ address, port, protocol, endpoints }: VirtualPort): string[] {
  return endpoints.length === 0 ? [`ip daddr ${address} ${protocol} dport ${port} reject`] : [];
}

/** A pod that reaches itself by a virtual address must see another than itself. */
function hairpinRules(pods: readonly PolicySubject[]): string[] {
  return pods.map(({ address }) => `ip saddr ${address} ip daddr ${address} masquerade`);
}
