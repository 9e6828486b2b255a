import type { Authorization, ConnectorDescription } from '@tessera/contracts';
import type { Flow } from './flow.ts';

/**
 * What the code of a flow stands for. A refresh token is given only for `offline_access`, and only where the connector
 * can tell later whether the person still stands. Undefined when nobody signed in.
 */
export function authorizationOf(flow: Flow, connector: ConnectorDescription): Authorization | undefined {
  if (flow.authentication === undefined) return undefined;
  const { identity, connectorData, authTime } = flow.authentication;
  const mayRefresh = connector.grantTypes.length === 0 || connector.grantTypes.includes('refresh_token');
  return {
    clientId: flow.clientId,
    redirectUri: flow.redirectUri,
    scopes: flow.scopes,
    ...(flow.nonce === undefined ? {} : { nonce: flow.nonce }),
    ...(flow.pkce === undefined ? {} : { pkce: flow.pkce }),
    identity,
    connectorId: flow.connectorId,
    connectorData,
    authTime,
    isRefreshable: flow.scopes.includes('offline_access') && connector.canRefresh && mayRefresh,
    refreshesUpstream: connector.refreshesUpstream,
  };
}
