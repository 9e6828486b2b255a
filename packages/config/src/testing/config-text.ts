import { stringify } from 'yaml';
import { type ConfigResult, type ConfigSource, loadConfig } from '../load/load-config.ts';
import type { TesseraConfig } from '../types.ts';

/** A bcrypt hash of cost 10 with the right form. */
export const bcryptHash = `$2a$10$${'abcdefghijklmnopqrstuv'.padEnd(53, '.')}`;

/** The smallest file that loads. */
export const minimalFile = {
  issuer: 'http://127.0.0.1:5556/dex',
  storage: { type: 'memory' } as Record<string, unknown>,
  web: { http: '127.0.0.1:5556' } as Record<string, unknown>,
  connectors: [{ type: 'mockCallback', id: 'mock', name: 'Example' }] as unknown[],
};

/** An LDAP connector that loads, with changes to its `config`. */
export function ldapConnector(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const userSearch = { baseDN: 'ou=People,dc=example,dc=org', username: 'uid' };
  return { type: 'ldap', id: 'ldap', name: 'Directory', config: { host: 'ldap.example.org', userSearch, ...changes } };
}

/** An OIDC connector that loads, with changes to its `config`. */
export function oidcConnector(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const config = {
    issuer: 'https://upstream.example.org',
    clientID: 'tessera',
    clientSecret: 'upstream-secret',
    ...changes,
  };
  return { type: 'oidc', id: 'upstream', name: 'Upstream', config };
}

/** A confidential client that loads, with changes. */
export function client(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'app',
    name: 'App',
    secret: 'app-secret',
    redirectURIs: ['https://app.example.org/callback'],
    ...changes,
  };
}

type Surroundings = Partial<Omit<ConfigSource, 'text'>>;

/** Loads the minimal file with top-level changes; `undefined` removes a key. */
export function loadFile(changes: Record<string, unknown> = {}, surroundings: Surroundings = {}): ConfigResult {
  return loadText(stringify({ ...minimalFile, ...changes }, { keepUndefined: false }), surroundings);
}

/** Loads text as `config.yaml` in an empty environment. */
export function loadText(text: string, surroundings: Surroundings = {}): ConfigResult {
  return loadConfig({ text, fileName: 'config.yaml', env: {}, ...surroundings });
}

/** The configuration of a result that must be good. */
export function configOf(result: ConfigResult): TesseraConfig {
  if (!result.ok) throw new Error(`expected no problems: ${JSON.stringify(result.problems)}`);
  return result.config;
}

/** The warnings of a result that must be good. */
export function warningsOf(result: ConfigResult): readonly string[] {
  if (!result.ok) throw new Error(`expected no problems: ${JSON.stringify(result.problems)}`);
  return result.warnings;
}

/** The problems of a result as `path message`; empty when there are none. */
export function problemsOf(result: ConfigResult): readonly string[] {
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`.trim());
}

/** What the rest of the file must say for {@link everyClientKey}. */
export const everyClientSurroundings = {
  signer: { type: 'local', config: { algorithms: ['ES256'] } },
  oauth2: {
    grantTypes: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    responseTypes: ['code', 'code id_token'],
    requestObjects: { byReference: true },
    pairwiseSecret: 'pairwise-secret-of-thirty-two-characters',
  },
  resources: { apiScopes: [{ name: 'orders' }] },
};

/** A client that uses every key but `idEnv`, the `…Env` and `…File` keys, `logoURL` and `keys.jwksURI`. */
export function everyClientKey(keys: readonly object[]): Record<string, unknown> {
  return client({
    enabled: false,
    secret: 'app-secret-of-more-than-thirty-two-characters',
    secrets: [{ value: 'old-secret' }, { value: 'next', expiresAt: '2030-01-31T12:00:00Z' }],
    display: {
      clientURI: 'https://app.example.org',
      policyURI: 'https://app.example.org/policy',
      tosURI: 'https://app.example.org/terms',
      description: 'An application',
    },
    grantTypes: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    responseTypes: ['code', 'id_token code'],
    scopes: ['openid', 'orders', 'audience:server:client_id:peer'],
    requirePKCE: true,
    allowPlainPKCE: true,
    requestObjects: {
      required: true,
      signingAlgorithm: 'ES256',
      uris: ['https://app.example.org/request.jwt#abc'],
    },
    corsOrigins: ['https://app.example.org'],
    initiateLoginURI: 'https://app.example.org/login',
    authentication: { method: 'client_secret_jwt', signingAlgorithm: 'HS256', assertionAudience: 'issuer' },
    keys: { jwks: { keys } },
    tokens: {
      idTokenSigningAlgorithm: 'HS256',
      accessTokenSigningAlgorithm: 'ES256',
      userinfoSigningAlgorithm: 'RS256',
      idTokenLifetime: '10m',
      accessTokenLifetime: '5m',
      authorizationCodeLifetime: '30s',
      deviceCodeLifetime: '15m',
      accessTokenType: 'reference',
      idTokenClaims: 'minimal',
    },
    refreshTokens: { usage: 'reusable', reuseInterval: '3s', validIfNotUsedFor: '1h', absoluteLifetime: 0 },
    refreshTokenLifetime: 'session',
    clientCredentialsClaims: { groups: ['machines'] },
    claims: {
      values: { tier: 'gold', limits: [1, 2] },
      alwaysSend: true,
      prefix: 'app_',
      mappings: { department: 'identity.groups[0]' },
    },
    subject: { type: 'pairwise', sectorIdentifier: 'example.org' },
    consent: { required: false, allowRemember: false, lifetime: '24h' },
    signIn: { maxAge: 0, acrValues: ['mfa'] },
    ssoSharedWith: ['*'],
    backchannelLogoutURI: 'https://app.example.org/back',
    logout: {
      frontchannelURI: 'https://app.example.org/front?x=1',
      frontchannelSessionRequired: false,
      backchannelSessionRequired: false,
    },
  });
}
