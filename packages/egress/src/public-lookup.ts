import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { EgressError } from './egress-error.ts';
import { isPublicAddress } from './special-addresses.ts';

/** Resolves a name to all of its addresses. */
export type ResolveAll = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Name resolution for sockets that fails when any address of a name is not public. The socket connects to exactly the
 * addresses this answered, so a name cannot mean something else a moment later (N46).
 */
export function createPublicLookup(resolveAll: ResolveAll = systemLookup): LookupFunction {
  return (host, options, callback) => {
    resolveAll(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        callback(new EgressError('refused', `${host} is not in the public Internet`), []);
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
