import { isIP } from 'node:net';
import { EgressError } from './egress-error.ts';
import { isPublicAddress } from './special-addresses.ts';

/**
 * Who wrote the addresses. `operator`: the configuration did, so http and private networks are as good as any. `public`:
 * somebody outside did, so it must be https and the public Internet (N45, N46).
 */
export type EgressPolicy = 'operator' | 'public';

/** Parses an address and refuses what the policy does. Throws {@link EgressError} `refused`. */
export function checkUrl(policy: EgressPolicy, text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new EgressError('refused', 'an address that is no URL');
  const isHttp = url.protocol === 'http:' && policy === 'operator';
  if (url.protocol !== 'https:' && !isHttp) throw new EgressError('refused', `scheme ${url.protocol} to ${url.host}`);
  if (url.username !== '' || url.password !== '') {
    throw new EgressError('refused', `credentials in an address at ${url.host}`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (policy === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new EgressError('refused', `${url.host} is not in the public Internet`);
  }
  return url;
}
