import type { ConnectorDescription, ConnectorDirectory } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';

/** The ways to sign in at a client, by name in any case; none where the configuration leaves none. */
export function connectorsFor(
  { connectors }: { readonly connectors: Pick<ConnectorDirectory, 'list'> },
  client: Pick<Client, 'allowedConnectors'>,
): readonly ConnectorDescription[] {
  return connectors
    .list()
    .filter(({ id }) => client.allowedConnectors.length === 0 || client.allowedConnectors.includes(id))
    .filter(({ grantTypes }) => grantTypes.length === 0 || grantTypes.includes('authorization_code'))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
}

/** One of {@link connectorsFor}; undefined when it may not be used at this client, or is gone. */
export function findConnectorFor(
  context: { readonly connectors: Pick<ConnectorDirectory, 'list'> },
  client: Pick<Client, 'allowedConnectors'>,
  connectorId: string | undefined,
): ConnectorDescription | undefined {
  return connectorsFor(context, client).find(({ id }) => id === connectorId);
}
