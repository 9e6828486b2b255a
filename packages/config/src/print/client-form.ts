import type { ClientSettings } from '@tessera/oauth';
import { formatGoDuration } from '../go-duration.ts';
import type { StaticClientConfig } from '../types.ts';
import { keysBlock, secretBlocks } from './protocol-form.ts';
import { sourceOf } from './source-of.ts';

/** A block of the configuration file. */
type Block = Record<string, unknown>;

/** An entry of `staticClients` with the file's keys. What is as for all clients is left out, as in the settings. */
export function clientBlock(client: StaticClientConfig): Block {
  const { settings } = client;
  return {
    id: client.id,
    enabled: client.isEnabled,
    ...sourceOf(secretKeys(client), 'secret'),
    ...(client.furtherSecrets.length === 0 ? {} : { secrets: secretBlocks(client.furtherSecrets) }),
    name: client.name,
    ...(client.logoUrl === undefined ? {} : { logoURL: client.logoUrl }),
    redirectURIs: client.redirectUris,
    postLogoutRedirectURIs: client.postLogoutRedirectUris,
    trustedPeers: client.trustedPeers,
    public: client.isPublic,
    allowedConnectors: client.allowedConnectors,
    ...withoutEmpty({ ...flowKeys(settings), ...tokenKeys(settings), ...personKeys(settings) }),
    ...keysBlock(settings),
  };
}

function secretKeys({ secret, secretFile }: StaticClientConfig): Block {
  return { secret, ...(secretFile === undefined ? {} : { secretFile }) };
}

function flowKeys(settings: ClientSettings): Block {
  return {
    display: {
      clientURI: settings.clientUri,
      policyURI: settings.policyUri,
      tosURI: settings.tosUri,
      description: settings.description,
    },
    initiateLoginURI: settings.initiateLoginUri,
    corsOrigins: settings.corsOrigins,
    grantTypes: settings.grantTypes,
    responseTypes: settings.responseTypes,
    scopes: settings.scopes,
    requirePKCE: settings.requirePkce,
    allowPlainPKCE: settings.allowPlainPkce,
    requestObjects: {
      required: settings.requireRequestObject,
      signingAlgorithm: settings.requestObjectSigningAlg,
      uris: settings.requestUris,
    },
    authentication: {
      method: settings.authMethod,
      signingAlgorithm: settings.authSigningAlg,
      assertionAudience: settings.assertionAudience,
    },
  };
}

function tokenKeys(settings: ClientSettings): Block {
  const { refreshTokens } = settings;
  return {
    tokens: {
      idTokenSigningAlgorithm: settings.idTokenSignedResponseAlg,
      accessTokenSigningAlgorithm: settings.accessTokenSigningAlg,
      userinfoSigningAlgorithm: settings.userinfoSignedResponseAlg,
      idTokenLifetime: durationText(settings.idTokenLifetimeSeconds),
      accessTokenLifetime: durationText(settings.accessTokenLifetimeSeconds),
      authorizationCodeLifetime: durationText(settings.authorizationCodeLifetimeSeconds),
      deviceCodeLifetime: durationText(settings.deviceCodeLifetimeSeconds),
      accessTokenType: settings.accessTokenType,
      idTokenClaims: settings.idTokenClaims,
    },
    refreshTokens: {
      usage: refreshTokens?.usage,
      reuseInterval: durationText(refreshTokens?.reuseIntervalSeconds),
      validIfNotUsedFor: durationText(refreshTokens?.validIfNotUsedForSeconds),
      absoluteLifetime: durationText(refreshTokens?.absoluteLifetimeSeconds),
    },
    refreshTokenLifetime: refreshTokens?.endWithSession === true ? 'session' : undefined,
    clientCredentialsClaims: { groups: settings.clientCredentialsGroups },
    claims: {
      values: settings.claims,
      alwaysSend: settings.alwaysSendClientClaims,
      prefix: settings.clientClaimsPrefix,
      mappings: settings.claimMappings,
    },
  };
}

function personKeys(settings: ClientSettings): Block {
  return {
    subject: { type: settings.subjectType, sectorIdentifier: settings.sectorIdentifier },
    consent: {
      required: settings.requireConsent,
      allowRemember: settings.allowRememberConsent,
      lifetime: durationText(settings.consentLifetimeSeconds),
    },
    signIn: { maxAge: durationText(settings.maxAuthAgeSeconds), acrValues: settings.defaultAcrValues },
    ssoSharedWith: settings.ssoSharedWith,
    backchannelLogoutURI: settings.backchannelLogoutUri,
    logout: {
      frontchannelURI: settings.frontchannelLogoutUri,
      frontchannelSessionRequired: settings.frontchannelLogoutSessionRequired,
      backchannelSessionRequired: settings.backchannelLogoutSessionRequired,
    },
  };
}

function durationText(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : formatGoDuration(seconds);
}

/** Without keys that have no value, and blocks that have no keys. Maps and lists of the settings stay, empty or not. */
function withoutEmpty(block: Block): Block {
  const isGroup = (value: unknown): value is Block =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    Object.entries(block).flatMap(([key, value]) => {
      if (!isGroup(value)) return value === undefined ? [] : [[key, value] as const];
      const kept = Object.entries(value).filter(([, child]) => child !== undefined);
      return kept.length === 0 ? [] : [[key, Object.fromEntries(kept)] as const];
    }),
  );
}
