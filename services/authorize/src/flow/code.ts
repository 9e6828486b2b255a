import type { Authorization, AuthorizationDetails, ConnectorDescription } from '@tessera/contracts';
import { isNarrowerScope } from '@tessera/oauth';
import type { Flow, FlowAuthentication } from './flow.ts';

/**
 * What the code of a flow stands for, with the scopes that were approved. A refresh token is given only for `offline_access`,
 * and only where the connector can tell later whether the person still stands. Undefined when nobody signed in. Throws a
 * RangeError for scopes that were not asked for.
 */
export function authorizationOf(
  flow: Flow,
  connector: ConnectorDescription,
  approvedScopes: readonly string[] = flow.scopes,
): Authorization | undefined {
  if (flow.authentication === undefined) return undefined;
  if (!isNarrowerScope(approvedScopes, flow.scopes))
    throw new RangeError('A scope was approved that was not asked for');
  const { identity, connectorData, authTime, sessionId } = flow.authentication;
  const mayRefresh = connector.grantTypes.length === 0 || connector.grantTypes.includes('refresh_token');
  return {
    clientId: flow.clientId,
    redirectUri: flow.redirectUri,
    scopes: approvedScopes,
    ...(flow.nonce === undefined ? {} : { nonce: flow.nonce }),
    ...(flow.pkce === undefined ? {} : { pkce: flow.pkce }),
    identity,
    connectorId: flow.connectorId,
    connectorData,
    authTime,
    isRefreshable: approvedScopes.includes('offline_access') && connector.canRefresh && mayRefresh,
    refreshesUpstream: connector.refreshesUpstream,
    ...(sessionId === undefined ? {} : { sessionId }),
    details: detailsOf(flow, flow.authentication),
  };
}

/**
 * What the tokens of the front channel stand for (OIDC Core §3.2.2.5, §3.3.2.5): the same, but never to be refreshed
 * (RFC 6749 §4.2.2).
 */
export function frontChannelAuthorization(authorization: Authorization): Authorization {
  return {
    ...authorization,
    isRefreshable: false,
    details: { ...authorization.details, grantType: 'implicit' },
  };
}

function detailsOf(
  { isRedirectUriImplied, claims, resources }: Flow,
  { acr, amr }: FlowAuthentication,
): AuthorizationDetails {
  return {
    ...(isRedirectUriImplied ? { isRedirectUriImplied } : {}),
    ...(acr === undefined ? {} : { acr }),
    ...(amr.length === 0 ? {} : { amr }),
    ...(claims === undefined ? {} : { claims }),
    ...(resources.length === 0 ? {} : { resources }),
  };
}
