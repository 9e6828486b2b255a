import { checkNamespaces } from './requirements.ts';
import { runCommand } from './run-command.ts';

/** A network for containers. */
export interface NetworkOptions {
  readonly name: string;
  /** Addresses of the network, such as `10.77.0.0/24`; the first is the gateway's, which is this process's own. */
  readonly subnet: string;
  /** Whether containers find one another by their names; false when left out. */
  readonly dns?: boolean;
  /** Whether the network leads nowhere else; false when left out. */
  readonly internal?: boolean;
}

/** A network that was made. */
export interface ContainerNetwork {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
}

/** Where the engine keeps what its networks have in common, whatever its settings say. */
const STATE = ['/run/containers', '/run/netns'];

// Only once in a mount namespace: what is there may be in use.
const COVER = 'mkdir -p "$1" && { test -e "$1/.tessera" || { mount -t tmpfs tmpfs "$1" && touch "$1/.tessera"; }; }';

/**
 * Lets the engine of this process and its neighbours in the namespace keep their networks to themselves.
 *
 * @throws Error when the process shares its namespaces with its parents.
 */
export async function prepareNetworking(): Promise<void> {
  await checkNamespaces();
  for (const folder of STATE) await runCommand(['sh', '-c', COVER, 'sh', folder]);
}

/** The arguments of the engine that make a network. */
export function networkArguments({ name, subnet, dns = false, internal = false }: NetworkOptions): string[] {
  const flags = [...(dns ? [] : ['--disable-dns']), ...(internal ? ['--internal'] : [])];
  return ['network', 'create', '--subnet', subnet, ...flags, name];
}

/** The address of a network's gateway: the first after that of the network. */
export function gatewayOf(subnet: string): string {
  const [address = ''] = subnet.split('/');
  const bytes = address.split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join('.');
}
