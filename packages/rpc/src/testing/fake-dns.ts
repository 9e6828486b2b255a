import { promises as dns } from 'node:dns';

/** A name that resolves to what a test says, in this process. */
export interface FakeName extends Disposable {
  addresses: readonly string[];
  /** How often it was looked up. */
  lookups: number;
}

/** Lets `host` resolve to IPv4 addresses, by the one function that gRPC resolves names with, until it is disposed of. */
export function resolveName(host: string, addresses: readonly string[]): FakeName {
  const original = dns.lookup;
  const name: FakeName = {
    addresses,
    lookups: 0,
    [Symbol.dispose]() {
      dns.lookup = original;
    },
  };
  const lookup = async (asked: string, options: object): Promise<unknown> => {
    if (asked !== host) return original(asked, options);
    name.lookups += 1;
    return name.addresses.map((address) => ({ address, family: 4 }));
  };
  dns.lookup = lookup as typeof dns.lookup;
  return name;
}
