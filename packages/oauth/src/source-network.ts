import { isIPv6 } from 'node:net';

const GROUPS = 8;
/** Of these an IPv6 network of one household is made (RFC 6177 §2). */
const NETWORK_GROUPS = 4;

/**
 * What attempts of one source are counted by: the address, or the first 64 bits of an IPv6 one, of which a single household has
 * all the rest (RFC 6177 §2). An IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2) is that address. What is no address counts
 * as it is.
 */
export function sourceNetwork(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = '', after] = bare.split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const gap = after === undefined ? 0 : Math.max(0, GROUPS - head.length - tail.length);
  const groups = [...head, ...Array.from({ length: gap }, () => 0), ...tail];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The 16-bit groups of a part; an IPv4 address at the end is two of them (RFC 4291 §2.2), which no network reaches. */
function groupsOf(part: string): readonly number[] {
  return part
    .split(':')
    .filter((text) => text !== '')
    .flatMap((text) => (text.includes('.') ? [0, 0] : [Number.parseInt(text, 16)]));
}
