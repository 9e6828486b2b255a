import type { ConnectorDirectory } from '@tessera/contracts';
import { findConnectorFor } from '../connectors.ts';
import type { TypedRequest, ValidRequest } from '../request.ts';

const IDP = 'idp:';
const TENANT = 'tenant:';

/**
 * OIDC Core §3.1.2.1 `acr_values`, where nothing is an error: the classes asked for, or the client's `defaultAcrValues`.
 * IdentityServer's `idp:X` asks for the connector X, and is dropped where the client may not use it; its `tenant:X` is no class
 * and means nothing here, where an installation has one tenant. Dex's `connector_id` says the connector outright.
 */
export function checkAcrValues(
  { asked, client, responseType }: TypedRequest,
  context: { readonly connectors: Pick<ConnectorDirectory, 'list'> },
): Pick<ValidRequest, 'acrValues' | 'connectorId'> {
  const words = [...new Set((asked.get('acr_values') ?? '').split(' '))].filter((word) => word !== '');
  const idp = words.find((word) => word.startsWith(IDP) && word.length > IDP.length)?.slice(IDP.length);
  const classes = words.filter((word) => !word.startsWith(IDP) && !word.startsWith(TENANT));
  return {
    acrValues: classes.length === 0 ? (client.settings.defaultAcrValues ?? []) : classes,
    connectorId: asked.get('connector_id') ?? findConnectorFor(context, client, idp, { responseType })?.id,
  };
}
