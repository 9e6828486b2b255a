import type { TesseraConfig } from '@tessera/config';
import type { ConnectorDescription } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import { grantTypes } from './grant-types.ts';

/** What is looked at before a refresh token is given. */
export interface RefreshableQuestion {
  readonly scopes: readonly string[];
  readonly client: Client;
  readonly connector: ConnectorDescription;
  readonly oauth2: Pick<TesseraConfig['oauth2'], 'grantTypes'>;
}

/**
 * Whether a refresh token is given (OIDC Core §11): `offline_access` was granted, the connector can tell later whether the
 * person still stands, and issuer, connector and client have the grant `refresh_token`, without which it would be of no use.
 */
export function isRefreshable({ scopes, client, connector, oauth2 }: RefreshableQuestion): boolean {
  const lists = [connector.grantTypes.length === 0 ? undefined : connector.grantTypes, client.settings.grantTypes];
  return (
    scopes.includes('offline_access') &&
    connector.canRefresh &&
    oauth2.grantTypes.includes(grantTypes.refreshToken) &&
    lists.every((list) => list === undefined || list.includes(grantTypes.refreshToken))
  );
}
