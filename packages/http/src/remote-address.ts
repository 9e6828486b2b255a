import { BlockList, isIP } from 'node:net';

/** Whose word about the client's address is taken, and in which header it stands. */
export interface TrustedProxies {
  /** Header name, e.g. `X-Forwarded-For`. */
  readonly header: string;
  /** Networks in CIDR notation, or single addresses. */
  readonly trustedProxies: readonly string[];
}

/** Tells the address of the client behind a connection. */
export type RemoteAddress = (peer: string, header: (name: string) => string | undefined) => string;

/**
 * The header is heard only when the peer is a trusted proxy. It is read as a comma chain from the right, and the first
 * hop that is not trusted is the client; a malformed hop, or none but trusted ones, makes the peer's own address the
 * answer (N61).
 * Throws TypeError for a network that is none.
 */
export function createRemoteAddress(proxies: TrustedProxies | undefined): RemoteAddress {
  if (proxies === undefined || proxies.trustedProxies.length === 0) return (peer) => plain(peer);
  const trusted = blockList(proxies.trustedProxies);
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const name = proxies.header.toLowerCase();
  return (peerAddress, header) => {
    const peer = plain(peerAddress);
    if (isIP(peer) === 0 || !isTrusted(peer)) return peer;
    const hops = (header(name) ?? '').split(',').map((hop) => plain(hop.trim()));
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) return peer;
      if (!isTrusted(hop)) return hop;
    }
    return peer;
  };
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits, ...rest] = network.split('/');
    const type = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (type === 'ipv6' ? 128 : 32));
    if (isIP(address) === 0 || address.includes('%') || !isPrefix || rest.length > 0) {
      throw new TypeError(`not an address or network: ${network}`);
    }
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(bits), type);
  }
  return list;
}

/** An IPv4 address in its IPv6 clothing is the IPv4 address. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
