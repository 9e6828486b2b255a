import type { Client, ClientId, ClientSettings } from '@tessera/oauth';
import type {
  Authorization as AuthorizationMessage,
  Client as ClientMessage,
  Connector as ConnectorMessage,
  Credential as CredentialMessage,
  Grant as GrantMessage,
  InitialAccessToken as InitialAccessTokenMessage,
  User as UserMessage,
} from '@tessera/proto/tessera/storage/v1/records';
import { identityFromWire, identityToWire } from '../identity-wire.ts';
import { malformed, optional, optionalText, required } from '../outcome-wire.ts';
import type {
  Authorization,
  AuthorizationDetails,
  Connector,
  Credential,
  Grant,
  InitialAccessToken,
  User,
} from './records.ts';

/** A client as a message. */
export function clientToWire(client: Client): ClientMessage {
  return {
    id: client.id,
    name: client.name,
    secrets: client.secrets.map(({ salt, hash, expiresAt }) => ({
      salt: Buffer.from(salt),
      hash: Buffer.from(hash),
      expiresAt,
    })),
    isPublic: client.isPublic,
    isEnabled: client.isEnabled,
    redirectUris: [...client.redirectUris],
    postLogoutRedirectUris: [...client.postLogoutRedirectUris],
    trustedPeers: [...client.trustedPeers],
    allowedConnectors: [...client.allowedConnectors],
    logoUrl: client.logoUrl ?? '',
    settingsJson: JSON.stringify(client.settings),
    hmacSecret: client.hmacSecret ?? '',
  };
}

/** The client of a message. */
export function clientFromWire(message: ClientMessage): Client {
  const { id, secrets, logoUrl, settingsJson, hmacSecret, ...rest } = message;
  return {
    ...rest,
    id: id as ClientId,
    secrets: secrets.map(({ salt, hash, expiresAt }) => ({ salt, hash, ...optional('expiresAt', expiresAt) })),
    ...optionalText('logoUrl', logoUrl),
    ...optionalText('hmacSecret', hmacSecret),
    settings: settingsJson === '' ? {} : (JSON.parse(settingsJson) as ClientSettings),
  };
}

/** A connector as a message. */
export function connectorToWire(connector: Connector): ConnectorMessage {
  return { ...connector, config: Buffer.from(connector.config) };
}

/** The connector of a message. */
export function connectorFromWire(message: ConnectorMessage): Connector {
  return message;
}

/** A credential as a message. */
export function credentialToWire(credential: Credential): CredentialMessage {
  return { ...credential, payload: Buffer.from(credential.payload), lastUsedAt: credential.lastUsedAt };
}

/** The credential of a message. */
export function credentialFromWire({ createdAt, lastUsedAt, ...message }: CredentialMessage): Credential {
  return { ...message, createdAt: required(createdAt, 'created_at'), ...optional('lastUsedAt', lastUsedAt) };
}

/** An initial access token as a message. */
export function initialAccessTokenToWire(token: InitialAccessToken): InitialAccessTokenMessage {
  return { ...token, policy: Buffer.from(token.policy), expiresAt: token.expiresAt };
}

/** The initial access token of a message. */
export function initialAccessTokenFromWire(message: InitialAccessTokenMessage): InitialAccessToken {
  const { createdAt, expiresAt, ...rest } = message;
  return { ...rest, createdAt: required(createdAt, 'created_at'), ...optional('expiresAt', expiresAt) };
}

/** A user as a message. */
export function userToWire(user: User): UserMessage {
  return { ...user, identity: identityToWire(user.identity) };
}

/** The user of a message. */
export function userFromWire(message: UserMessage): User {
  return { ...message, identity: identityFromWire(required(message.identity, 'identity')) };
}

/** An authorization as a message. */
export function authorizationToWire(authorization: Authorization): AuthorizationMessage {
  return {
    clientId: authorization.clientId,
    redirectUri: authorization.redirectUri,
    scopes: [...authorization.scopes],
    nonce: authorization.nonce ?? '',
    codeChallenge: authorization.pkce?.challenge ?? '',
    codeChallengeMethod: authorization.pkce?.method ?? '',
    identity: identityToWire(authorization.identity),
    connectorId: authorization.connectorId,
    connectorData: Buffer.from(authorization.connectorData),
    authTime: authorization.authTime,
    isRefreshable: authorization.isRefreshable,
    refreshesUpstream: authorization.refreshesUpstream,
    sessionId: authorization.sessionId ?? '',
    detailsJson: authorization.details === undefined ? '' : JSON.stringify(authorization.details),
  };
}

/** The authorization of a message; throws when a peer left something out that must not be guessed. */
export function authorizationFromWire(message: AuthorizationMessage): Authorization {
  const { codeChallenge: challenge, codeChallengeMethod: method, ...others } = message;
  const { nonce, identity, authTime, sessionId, detailsJson, ...rest } = others;
  if (challenge !== '' && method !== 'S256' && method !== 'plain') throw malformed('unknown code_challenge_method');
  return {
    ...rest,
    ...optionalText('nonce', nonce),
    ...(challenge === '' ? {} : { pkce: { challenge, method: method === 'plain' ? 'plain' : 'S256' } }),
    identity: identityFromWire(required(identity, 'identity')),
    authTime: required(authTime, 'auth_time'),
    ...optionalText('sessionId', sessionId),
    ...(detailsJson === '' ? {} : { details: JSON.parse(detailsJson) as AuthorizationDetails }),
  };
}

/** A grant as a message. */
export function grantToWire(grant: Grant): GrantMessage {
  return {
    ...grant,
    authorization: authorizationToWire(grant.authorization),
    expiresAt: grant.expiresAt,
    revokedAt: grant.revokedAt,
  };
}

/** The grant of a message. */
export function grantFromWire(message: GrantMessage): Grant {
  return {
    id: message.id,
    authorization: authorizationFromWire(required(message.authorization, 'authorization')),
    generation: message.generation,
    createdAt: required(message.createdAt, 'created_at'),
    lastUsedAt: required(message.lastUsedAt, 'last_used_at'),
    ...optional('expiresAt', message.expiresAt),
    ...optional('revokedAt', message.revokedAt),
  };
}
