import type { StaticClientConfig, TesseraConfig } from '@tessera/config';
import type { RelyingPartyOptions } from '@tessera/example-relying-party';
import { isLoopbackAddress } from '../compose/listen-address.ts';

/**
 * How the example application can sign in with a configuration: as its first client that is sent back to a port of this
 * machine. Undefined when there is none.
 */
export function exampleClient(
  config: Pick<TesseraConfig, 'issuer' | 'staticClients'>,
): RelyingPartyOptions | undefined {
  for (const client of config.staticClients) {
    const redirectUri = client.redirectUris.find(isOnThisMachine);
    if (redirectUri !== undefined && isUsable(client)) {
      return {
        issuer: config.issuer,
        clientId: client.id,
        ...(client.secret === undefined ? {} : { clientSecret: client.secret }),
        listen: new URL(redirectUri).host,
        redirectUri,
      };
    }
  }
  return undefined;
}

function isOnThisMachine(redirectUri: string): boolean {
  const url = URL.parse(redirectUri);
  return url !== null && url.protocol === 'http:' && url.port !== '' && isLoopbackAddress(url.host);
}

function isUsable({ isPublic, secret }: StaticClientConfig): boolean {
  return isPublic || secret !== undefined;
}
