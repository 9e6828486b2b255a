import { generateKeyPairSync } from 'node:crypto';
import type { ClientSettings } from '@tessera/oauth';
import { expect, test } from 'vitest';
import { client, configOf, everyClientKey, everyClientSurroundings, loadFile } from '../../testing/config-text.ts';

test('a client that says nothing particular has no settings', () => {
  expect(configOf(loadFile({ staticClients: [client()] })).staticClients).toEqual([
    {
      id: 'app',
      name: 'App',
      secret: 'app-secret',
      redirectUris: ['https://app.example.org/callback'],
      postLogoutRedirectUris: [],
      trustedPeers: [],
      isPublic: false,
      isEnabled: true,
      allowedConnectors: [],
      furtherSecrets: [],
      settings: {},
    },
  ]);
});

test('every setting can be said in the file', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'a' }];
  const settings: Required<Omit<ClientSettings, 'jwksUri'>> = {
    clientUri: 'https://app.example.org',
    policyUri: 'https://app.example.org/policy',
    tosUri: 'https://app.example.org/terms',
    description: 'An application',
    grantTypes: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    responseTypes: ['code', 'code id_token'],
    scopes: ['openid', 'orders', 'audience:server:client_id:peer'],
    requirePkce: true,
    allowPlainPkce: true,
    requireRequestObject: true,
    requestObjectSigningAlg: 'ES256',
    requestUris: ['https://app.example.org/request.jwt#abc'],
    corsOrigins: ['https://app.example.org'],
    initiateLoginUri: 'https://app.example.org/login',
    authMethod: 'client_secret_jwt',
    authSigningAlg: 'HS256',
    assertionAudience: 'issuer',
    jwks: { keys },
    idTokenSignedResponseAlg: 'HS256',
    accessTokenSigningAlg: 'ES256',
    userinfoSignedResponseAlg: 'RS256',
    idTokenLifetimeSeconds: 600,
    accessTokenLifetimeSeconds: 300,
    authorizationCodeLifetimeSeconds: 30,
    deviceCodeLifetimeSeconds: 900,
    accessTokenType: 'reference',
    idTokenClaims: 'minimal',
    refreshTokens: {
      usage: 'reusable',
      reuseIntervalSeconds: 3,
      validIfNotUsedForSeconds: 3600,
      absoluteLifetimeSeconds: 0,
      endWithSession: true,
    },
    claims: { tier: 'gold', limits: [1, 2] },
    alwaysSendClientClaims: true,
    clientClaimsPrefix: 'app_',
    clientCredentialsGroups: ['machines'],
    claimMappings: { department: 'identity.groups[0]' },
    subjectType: 'pairwise',
    sectorIdentifier: 'example.org',
    requireConsent: false,
    allowRememberConsent: false,
    consentLifetimeSeconds: 86_400,
    maxAuthAgeSeconds: 0,
    defaultAcrValues: ['mfa'],
    ssoSharedWith: ['*'],
    frontchannelLogoutUri: 'https://app.example.org/front?x=1',
    frontchannelLogoutSessionRequired: false,
    backchannelLogoutUri: 'https://app.example.org/back',
    backchannelLogoutSessionRequired: false,
  };
  const result = loadFile({ ...everyClientSurroundings, staticClients: [everyClientKey(keys)] });
  const [only] = configOf(result).staticClients;
  expect(only?.settings).toEqual(settings);
  expect(only).toMatchObject({
    isEnabled: false,
    furtherSecrets: [{ value: 'old-secret' }, { value: 'next', expiresAt: new Date('2030-01-31T12:00:00Z') }],
  });
});

test('Dex’s refreshTokenLifetime standalone and an empty backchannelLogoutURI say nothing particular', () => {
  const staticClients = [client({ refreshTokenLifetime: 'standalone', backchannelLogoutURI: '' })];
  expect(configOf(loadFile({ staticClients })).staticClients[0]?.settings).toEqual({});
});

test('an empty list is not a missing one where that differs: scopes, response types, ssoSharedWith', () => {
  const staticClients = [
    client({ scopes: [], responseTypes: [], ssoSharedWith: [], clientCredentialsClaims: { groups: [] } }),
  ];
  expect(configOf(loadFile({ staticClients })).staticClients[0]?.settings).toEqual({
    scopes: [],
    responseTypes: [],
    ssoSharedWith: [],
    clientCredentialsGroups: [],
  });
});
