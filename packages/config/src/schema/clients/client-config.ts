import type { ClientRefreshTokens, ClientSettings } from '@tessera/oauth';
import type { StaticClientConfig } from '../../types.ts';
import { toKeySet } from '../key-set.ts';
import { toSecretConfigs } from '../secrets.ts';
import type { ClientOutput } from './static-client.ts';

/** The effective client. */
export function toStaticClientConfig(client: ClientOutput): StaticClientConfig {
  return {
    id: client.id ?? '',
    name: client.name,
    redirectUris: client.redirectURIs,
    postLogoutRedirectUris: client.postLogoutRedirectURIs,
    trustedPeers: client.trustedPeers,
    isPublic: client.public,
    isEnabled: client.enabled,
    allowedConnectors: client.allowedConnectors,
    furtherSecrets: toSecretConfigs(client.secrets),
    ...(client.secret ? { secret: client.secret } : {}),
    ...(client.secretFile ? { secretFile: client.secretFile } : {}),
    ...(client.logoURL ? { logoUrl: client.logoURL } : {}),
    settings: toClientSettings(client),
  };
}

function toClientSettings(client: ClientOutput): ClientSettings {
  const refreshTokens = toRefreshTokens(client);
  return present<ClientSettings>({
    ...flowSettings(client),
    ...tokenSettings(client),
    ...personSettings(client),
    ...toKeySet(client.keys),
    refreshTokens: Object.keys(refreshTokens).length === 0 ? undefined : refreshTokens,
  });
}

function flowSettings(client: ClientOutput): OrUndefined<ClientSettings> {
  const { display, requestObjects, authentication } = client;
  return {
    clientUri: display.clientURI,
    policyUri: display.policyURI,
    tosUri: display.tosURI,
    description: display.description || undefined,
    grantTypes: unique(client.grantTypes),
    responseTypes: unique(client.responseTypes),
    scopes: unique(client.scopes),
    requirePkce: client.requirePKCE,
    allowPlainPkce: client.allowPlainPKCE,
    requireRequestObject: requestObjects.required,
    requestObjectSigningAlg: requestObjects.signingAlgorithm,
    requestUris: unique(requestObjects.uris),
    corsOrigins: unique(client.corsOrigins),
    initiateLoginUri: client.initiateLoginURI,
    authMethod: authentication.method,
    authSigningAlg: authentication.signingAlgorithm,
    assertionAudience: authentication.assertionAudience,
  };
}

function tokenSettings({ tokens, claims, clientCredentialsClaims }: ClientOutput): OrUndefined<ClientSettings> {
  const hasMappings = Object.keys(claims.mappings).length > 0;
  return {
    idTokenSignedResponseAlg: tokens.idTokenSigningAlgorithm,
    accessTokenSigningAlg: tokens.accessTokenSigningAlgorithm,
    userinfoSignedResponseAlg: tokens.userinfoSigningAlgorithm,
    idTokenLifetimeSeconds: tokens.idTokenLifetime,
    accessTokenLifetimeSeconds: tokens.accessTokenLifetime,
    authorizationCodeLifetimeSeconds: tokens.authorizationCodeLifetime,
    deviceCodeLifetimeSeconds: tokens.deviceCodeLifetime,
    accessTokenType: tokens.accessTokenType,
    idTokenClaims: tokens.idTokenClaims,
    claims: claims.values,
    alwaysSendClientClaims: claims.alwaysSend,
    clientClaimsPrefix: claims.prefix,
    clientCredentialsGroups: clientCredentialsClaims.groups,
    claimMappings: hasMappings ? claims.mappings : undefined,
  };
}

function personSettings(client: ClientOutput): OrUndefined<ClientSettings> {
  const { subject, consent, signIn, logout } = client;
  return {
    subjectType: subject.type,
    sectorIdentifier: subject.sectorIdentifier,
    requireConsent: consent.required,
    allowRememberConsent: consent.allowRemember,
    consentLifetimeSeconds: consent.lifetime,
    maxAuthAgeSeconds: signIn.maxAge,
    defaultAcrValues: signIn.acrValues.length === 0 ? undefined : signIn.acrValues,
    ssoSharedWith: unique(client.ssoSharedWith),
    frontchannelLogoutUri: logout.frontchannelURI,
    frontchannelLogoutSessionRequired: logout.frontchannelSessionRequired,
    backchannelLogoutUri: client.backchannelLogoutURI || undefined,
    backchannelLogoutSessionRequired: logout.backchannelSessionRequired,
  };
}

function toRefreshTokens({ refreshTokens, refreshTokenLifetime }: ClientOutput): ClientRefreshTokens {
  return present<ClientRefreshTokens>({
    usage: refreshTokens.usage,
    reuseIntervalSeconds: refreshTokens.reuseInterval,
    validIfNotUsedForSeconds: refreshTokens.validIfNotUsedFor,
    absoluteLifetimeSeconds: refreshTokens.absoluteLifetime,
    endWithSession: refreshTokenLifetime === 'session' ? true : undefined,
  });
}

type OrUndefined<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** Leaves out what is undefined, so that settings compare and travel as they were written. */
function present<T extends object>(settings: OrUndefined<T>): T {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;
}

function unique<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items === undefined ? undefined : [...new Set(items)];
}
