import { runProgram } from '@tessera/testkit';
import { addressAt, NAME_SERVER, NODE_ADDRESS, OUTSIDE_ADDRESS, POD_SUBNET, SERVICE_SUBNET } from '../addresses.ts';

/** The network that a pod's containers share. */
export interface PodInterface {
  readonly address: string;
  /** File of the network namespace. */
  readonly namespace: string;
  /** Takes it away. May be called twice. */
  detach(): Promise<void>;
}

/** Networks of pods: each has one line to this machine, over which everything goes, also to its neighbours. */
export interface PodNetwork {
  attach(): Promise<PodInterface>;
}

// Once in a mount namespace, for files of network namespaces that nobody else sees.
const PREPARE = `
mkdir -p /run/netns
test -e /run/netns/.tessera || { mount -t tmpfs tmpfs /run/netns && touch /run/netns/.tessera; }
echo 1 >/proc/sys/net/ipv4/ip_forward
services=$1; node=$2; shift
for address in 169.254.1.1 "$@"; do ip address replace "$address/32" dev lo; done
# Only for packets to be looked at, as they are led elsewhere before they leave.
ip route replace "$services" dev lo src "$node"
`;

const ATTACH = `
name=$1; line=$2; address=$3; node=$4
ip netns add "$name"
ip link add "$line" type veth peer name eth0 netns "$name"
echo 1 >"/proc/sys/net/ipv4/conf/$line/proxy_arp"
echo 0 >"/proc/sys/net/ipv4/neigh/$line/proxy_delay"
ip link set "$line" up
ip route add "$address" dev "$line" src "$node"
ip -n "$name" -batch - <<END
link set lo up
address add $address/32 dev eth0
link set eth0 up
route add 169.254.1.1 dev eth0 scope link
route add default via 169.254.1.1
END
`;

/** The pods begin after the addresses of the network itself, of the machine and of the name server. */
const FIRST_POD = 3;

/** Prepares this network namespace to be the machine of a cluster. */
export async function createPodNetwork(): Promise<PodNetwork> {
  await script(PREPARE, [SERVICE_SUBNET, NODE_ADDRESS, OUTSIDE_ADDRESS, NAME_SERVER.address]);
  let made = 0;
  return {
    async attach() {
      const index = FIRST_POD + made;
      made += 1;
      const address = addressAt(POD_SUBNET, index);
      const [name, line] = [`pod-${index}`, `pod${index}`];
      await script(ATTACH, [name, line, address, NODE_ADDRESS]);
      let isAttached = true;
      return {
        address,
        namespace: `/run/netns/${name}`,
        async detach() {
          if (!isAttached) return;
          isAttached = false;
          await script('ip link delete "$1"; ip netns delete "$2"', [line, name]);
        },
      };
    },
  };
}

async function script(text: string, args: readonly string[]): Promise<void> {
  await runProgram({ command: '/bin/sh', args: ['-euc', text, 'sh', ...args], env: { PATH: SYSTEM_PATH } });
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
