import type { OidcConnectorConfig } from '@tessera/config';
import type { UpstreamMetadata } from '../discovery.ts';

/** The provider of the samples. */
export const UPSTREAM_ISSUER = 'https://upstream.example';

/** A connector's configuration with all defaults, but for groups, which are taken over. */
export const sampleConfig: OidcConnectorConfig = {
  issuer: UPSTREAM_ISSUER,
  clientID: 'tessera',
  redirectURI: 'https://id.example.com/callback',
  providerDiscoveryOverrides: {},
  scopes: ['profile', 'email'],
  rootCAs: [],
  insecureSkipVerify: false,
  insecureSkipEmailVerified: false,
  insecureEnableGroups: true,
  allowedGroups: [],
  acrValues: [],
  getUserInfo: false,
  userIDKey: 'sub',
  userNameKey: 'name',
  overrideClaimMapping: false,
  claimMapping: {},
  claimModifications: { newGroupFromClaims: [], filterGroupClaims: {}, modifyGroupNames: { prefix: '', suffix: '' } },
};

/** What is known of a provider that offers no more than it must, and userinfo. */
export const sampleMetadata: UpstreamMetadata = {
  issuer: UPSTREAM_ISSUER,
  authorizationEndpoint: `${UPSTREAM_ISSUER}/auth`,
  tokenEndpoint: `${UPSTREAM_ISSUER}/token`,
  jwksUri: `${UPSTREAM_ISSUER}/keys`,
  userinfoEndpoint: `${UPSTREAM_ISSUER}/me`,
  endSessionEndpoint: undefined,
  tokenEndpointAuthMethods: undefined,
  idTokenAlgorithms: undefined,
  codeChallengeMethods: [],
  sendsIssuer: false,
};
