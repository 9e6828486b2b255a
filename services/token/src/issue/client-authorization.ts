import type { Authorization } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';

/** Grant type of an authorization in which a client acts for itself. */
const CLIENT_CREDENTIALS = 'client_credentials';

/**
 * What a client gets that acts for itself (RFC 6749 §4.4): its name stands for a person's, and its groups are those of its
 * registration, as in Dex. There is no connector, so its subject is no person's.
 */
export function clientAuthorization(
  client: Client,
  { scopes, resources }: { readonly scopes: readonly string[]; readonly resources: readonly string[] },
  now: Date,
): Authorization {
  return {
    clientId: client.id,
    redirectUri: '',
    scopes,
    identity: {
      userId: client.id,
      username: client.name,
      preferredUsername: client.name,
      email: '',
      emailVerified: false,
      groups: client.settings.clientCredentialsGroups ?? [],
      claims: {},
    },
    connectorId: '',
    connectorData: new Uint8Array(),
    authTime: now,
    isRefreshable: false,
    refreshesUpstream: false,
    details: { grantType: CLIENT_CREDENTIALS, ...(resources.length > 0 && { resources }) },
  };
}

/** Whether an authorization is a client's for itself: no person is involved. */
export function isClientItself({ connectorId, details }: Authorization): boolean {
  return connectorId === '' && details?.grantType === CLIENT_CREDENTIALS;
}
