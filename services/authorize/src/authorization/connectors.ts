import type { ConnectorDescription, ConnectorDirectory } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import type { ResponseType } from './request.ts';

/** What a connector is wanted for: a request, or a flow. */
export interface ConnectorUse {
  /** Undefined = a code. */
  readonly responseType?: ResponseType;
  /** The device that asks. */
  readonly deviceUserCode?: string;
}

/** The grant of a device (RFC 8628 §3.4). */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * The ways to sign in at a client, by name in any case; none where the configuration leaves none. A connector may be limited to
 * grants, where any token at the authorization endpoint is the grant `implicit`, as in Dex.
 */
export function connectorsFor(
  { connectors }: { readonly connectors: Pick<ConnectorDirectory, 'list'> },
  client: Pick<Client, 'allowedConnectors'>,
  use: ConnectorUse = {},
): readonly ConnectorDescription[] {
  const grantType = grantTypeOf(use);
  return connectors
    .list()
    .filter(({ id }) => client.allowedConnectors.length === 0 || client.allowedConnectors.includes(id))
    .filter(({ grantTypes }) => grantTypes.length === 0 || grantTypes.includes(grantType))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
}

/** One of {@link connectorsFor}; undefined when it may not be used at this client, or is gone. */
export function findConnectorFor(
  context: { readonly connectors: Pick<ConnectorDirectory, 'list'> },
  client: Pick<Client, 'allowedConnectors'>,
  connectorId: string | undefined,
  use?: ConnectorUse,
): ConnectorDescription | undefined {
  return connectorsFor(context, client, use).find(({ id }) => id === connectorId);
}

function grantTypeOf({ responseType, deviceUserCode }: ConnectorUse): string {
  if (deviceUserCode !== undefined) return DEVICE_CODE_GRANT;
  return responseType?.token === true || responseType?.idToken === true ? 'implicit' : 'authorization_code';
}
