import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { client, configOf, loadFile, problemsOf, warningsOf } from '../../testing/config-text.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'a' };
const privateJwk = pair.privateKey.export({ format: 'jwk' });
const weakJwk = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const jwks = (...keys: object[]) => ({ jwks: { keys } });
const long = 's'.repeat(32);
const refusals = (changes: Record<string, unknown>, file: Record<string, unknown> = {}) =>
  problemsOf(loadFile({ staticClients: [client(changes)], ...file }));
const warnings = (changes: Record<string, unknown>, file: Record<string, unknown> = {}, now?: Date) =>
  warningsOf(loadFile({ staticClients: [client(changes)], ...file }, now === undefined ? {} : { now })).filter((text) =>
    text.includes('staticClients'),
  );

describe('how a client proves who it is', () => {
  test.each([
    [
      { secret: undefined },
      'secret is required (or secretEnv, secretFile or secrets), unless the client has public: true or the method private_key_jwt',
    ],
    [{ secrets: [{ expiresAt: '2030-01-01' }] }, 'secrets[0].value is required (or valueEnv or valueFile)'],
    [
      { authentication: { method: 'private_key_jwt' } },
      'keys is required with the method private_key_jwt: jwks or jwksURI',
    ],
    [{ authentication: { method: 'none' } }, 'authentication.method is none, which is for clients with public: true'],
    [
      { public: true, authentication: { method: 'client_secret_post' } },
      'authentication.method is client_secret_post, but the client has public: true',
    ],
    [{ authentication: { method: 'client_secret_bsic' } }, 'did you mean "client_secret_basic"?'],
    [
      { secret: undefined, secrets: [{ value: long }], authentication: { method: 'client_secret_jwt' } },
      'secret is required: HS256 is keyed by it (entries of secrets are not taken for that)',
    ],
    [
      { authentication: { method: 'client_secret_jwt' } },
      'secret must have at least 32 bytes, because HS256 is keyed by it (RFC 7518 §3.2)',
    ],
    [
      { secret: long, authentication: { method: 'client_secret_jwt', signingAlgorithm: 'HS384' } },
      'secret must have at least 48 bytes',
    ],
    [
      { secret: long, tokens: { idTokenSigningAlgorithm: 'HS512' } },
      'secret must have at least 64 bytes, because HS512 is keyed by it',
    ],
    [
      { authentication: { method: 'client_secret_basic', signingAlgorithm: 'HS256' } },
      'authentication.signingAlgorithm is HS256, which goes with the method client_secret_jwt',
    ],
    [
      { secret: long, authentication: { method: 'client_secret_jwt', signingAlgorithm: 'ES256' } },
      'authentication.signingAlgorithm is ES256, which goes with the method private_key_jwt',
    ],
    [
      { authentication: { assertionAudience: 'endpoint' } },
      'authentication.assertionAudience must be one of any, issuer',
    ],
  ])('RFC 6749 §2.3, OIDC Core §9: %j is refused', (changes, expected) => {
    expect(refusals(changes)).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    { secret: undefined, secrets: [{ value: 'a' }] },
    { secret: undefined, public: true },
    { secret: undefined, public: true, authentication: { method: 'none' } },
    { secret: undefined, authentication: { method: 'private_key_jwt' }, keys: jwks(publicJwk) },
    { secret: undefined, authentication: { method: 'private_key_jwt' }, keys: { jwksURI: 'http://localhost:1/keys' } },
    { secret: long, authentication: { method: 'client_secret_jwt' }, tokens: { idTokenSigningAlgorithm: 'HS256' } },
  ])('%j is enough', (changes) => {
    expect(refusals(changes)).toEqual([]);
  });

  test('OIDC Core §10.1: the ID token of a public client is never keyed by a secret', () => {
    const changes = { public: true, secret: undefined, tokens: { idTokenSigningAlgorithm: 'HS256' } };
    expect(refusals(changes)).toEqual([
      'staticClients[0].tokens.idTokenSigningAlgorithm is HS256, which is keyed by a secret that a public client cannot keep (OIDC Core §10.1)',
    ]);
  });

  test('a further secret that has ended is warned about', () => {
    const secrets = [
      { value: 'a', expiresAt: '2026-01-01' },
      { value: 'b', expiresAt: '2026-03-01' },
    ];
    expect(warnings({ secrets }, {}, new Date('2026-02-01T00:00:00Z'))).toEqual([
      expect.stringContaining(
        'staticClients[0].secrets[0].expiresAt was 2026-01-01T00:00:00.000Z: the secret is not taken',
      ),
    ]);
  });
});

describe('keys of a client', () => {
  test.each([
    ['none', {}, 'keys needs jwks or jwksURI'],
    [
      'both sources',
      { ...jwks(publicJwk), jwksURI: 'https://a/keys' },
      'keys.jwksURI and jwks are both given; keep one',
    ],
    [
      'plain http',
      { jwksURI: 'http://app.example.org/keys' },
      'keys.jwksURI must be https; plain http is only for this',
    ],
    ['a password in it', { jwksURI: 'https://u:p@app.example.org/keys' }, 'keys.jwksURI must not contain a user name'],
    ['an empty set', { jwks: { keys: [] } }, 'keys.jwks.keys must not be empty'],
    ['a key that is no set', { jwks: publicJwk }, 'keys.jwks.keys is required'],
    ['a malformed key', jwks({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }), 'keys.jwks.keys[0] is not a well-formed'],
    ['a weak key', jwks(weakJwk), 'keys.jwks.keys[0] is too weak: RSA needs 2048 to 8192 bits (RFC 7518 §3.3)'],
    [
      'no signature key',
      jwks({ ...publicJwk, use: 'enc' }),
      'keys.jwks.keys has no key that signatures can be verified',
    ],
    [
      'too many keys',
      jwks(...Array.from({ length: 101 }, () => publicJwk)),
      'keys.jwks.keys must have at most 100 entries',
    ],
  ])('RFC 7517: %s is refused', (_, keys, expected) => {
    expect(refusals({ keys })[0]).toContain(`staticClients[0].${expected}`);
  });

  test.each([
    ['d', privateJwk],
    ['k', { kty: 'oct', k: 'canary-0123456789' }],
    ['p', { ...publicJwk, p: 'canary-0123456789' }],
  ])('a key with the private member %s is refused without showing it', (member, jwk) => {
    const problems = refusals({ keys: jwks(jwk) });
    expect(problems).toEqual([
      `staticClients[0].keys.jwks.keys[0] is not public (it has "${member}"); give the public key alone, and change the key`,
    ]);
    expect(problems.join()).not.toContain(String((jwk as Record<string, unknown>)[member]));
  });

  test('RFC 7517 §5: a key of no use may stand beside one that is', () => {
    expect(refusals({ keys: jwks({ ...publicJwk, use: 'enc' }, publicJwk, { kty: 'FUTURE' }) })).toEqual([]);
  });
});

describe('what a client may ask for', () => {
  test.each([
    [{ grantTypes: [] }, 'grantTypes must not be empty'],
    [{ grantTypes: ['authorization-code'] }, 'did you mean "authorization_code"?'],
    [
      { grantTypes: ['client_credentials'], public: true },
      'grantTypes[0] is only for confidential clients (RFC 6749 §4.4)',
    ],
    [{ responseTypes: ['codde'] }, 'did you mean "code"?'],
    [
      { grantTypes: ['authorization_code'], responseTypes: ['code', 'id_token code'] },
      'responseTypes[1] needs implicit in the grantTypes of this client',
    ],
    [
      { grantTypes: ['refresh_token'], responseTypes: ['code token'] },
      'responseTypes[0] needs authorization_code and implicit in the grantTypes of this client',
    ],
    [{ scopes: ['openid', 'profil'] }, 'did you mean "profile"?'],
    [{ corsOrigins: ['https://app.example.org/'] }, 'must be an origin, without a path; write https://app.example.org'],
    [{ corsOrigins: ['https://APP.example.org:443'] }, 'write https://app.example.org'],
    [{ corsOrigins: ['*'] }, 'corsOrigins[0] must be an origin such as https://app.example.org'],
    [{ requestObjects: { uris: ['http://app.example.org/r'] } }, 'requestObjects.uris[0] must be https'],
    [{ requestObjects: { required: true } }, 'keys is required with requestObjects'],
    [{ requestObjects: { signingAlgorithm: 'ES256' } }, 'keys is required with requestObjects'],
    [{ requestObjects: { signingAlgorithm: 'HS256' } }, 'requestObjects.signingAlgorithm must be one of RS256'],
    [{ initiateLoginURI: 'http://app.example.org/login' }, 'initiateLoginURI must be https'],
    [{ display: { clientURI: 'javascript:alert(1)' } }, 'display.clientURI must be an absolute http or https URL'],
    [{ requirePKCE: 'maybe' }, 'requirePKCE must be true or false'],
  ])('%j is refused', (changes, expected) => {
    expect(refusals(changes)).toEqual([expect.stringContaining(expected)]);
  });

  test('RFC 9101 §10.5: signed requests cannot be required where none are accepted', () => {
    const oauth2 = { requestObjects: { byValue: false } };
    expect(refusals({ requestObjects: { required: true }, keys: jwks(publicJwk) }, { oauth2 })).toEqual([
      'staticClients[0].requestObjects.required contradicts oauth2.requestObjects, which accepts none',
    ]);
  });

  test('a code and a hybrid response type may stand together', () => {
    const responseTypes = ['code', 'code id_token'];
    expect(warnings({ responseTypes }, { oauth2: { responseTypes } })).toEqual([]);
  });

  test('what the installation does not offer is warned about', () => {
    const changes = {
      grantTypes: ['authorization_code', 'implicit', 'client_credentials', 'https://example.org/grant'],
      responseTypes: ['code', 'id_token'],
      requestObjects: { uris: ['https://app.example.org/r'] },
    };
    expect(warnings(changes)).toEqual([
      expect.stringContaining('grantTypes[1] has no effect: implicit is not offered'),
      expect.stringContaining('grantTypes[2] has no effect: client_credentials is not offered'),
      expect.stringContaining('grantTypes[3] has no effect: https://example.org/grant is not offered'),
      expect.stringContaining('responseTypes[1] has no effect: id_token is not offered'),
      expect.stringContaining('requestObjects.uris has no effect: oauth2.requestObjects.byReference is off'),
    ]);
  });

  test('the password grant of a client without a connector for it is warned about', () => {
    const staticClients = [
      client({ grantTypes: ['password'] }),
      client({ id: 'b', grantTypes: ['password'], allowedConnectors: ['mock'] }),
    ];
    expect(warningsOf(loadFile({ staticClients })).filter((text) => text.includes('grantTypes'))).toEqual([
      expect.stringContaining('staticClients[0].grantTypes[0] has no effect: there is no oauth2.passwordConnector'),
    ]);
  });
});

describe('tokens of a client', () => {
  test.each([
    ['idTokenSigningAlgorithm', 'ES256'],
    ['accessTokenSigningAlgorithm', 'PS256'],
    ['userinfoSigningAlgorithm', 'EdDSA'],
  ])('%s must be one that the signer has', (key, algorithm) => {
    expect(refusals({ tokens: { [key]: algorithm } })).toEqual([
      `staticClients[0].tokens.${key} is ${algorithm}, which signer.config.algorithms does not have (RS256)`,
    ]);
    const signer = { type: 'local', config: { algorithms: [algorithm] } };
    expect(refusals({ tokens: { [key]: algorithm } }, { signer })).toEqual([]);
  });

  test.each([
    [{ tokens: { accessTokenSigningAlgorithm: 'HS256' } }, 'tokens.accessTokenSigningAlgorithm must be one of RS256'],
    [{ tokens: { authorizationCodeLifetime: '11m' } }, 'tokens.authorizationCodeLifetime must be at most 10m'],
    [{ tokens: { accessTokenLifetime: 0 } }, 'tokens.accessTokenLifetime must be longer than 0'],
    [{ tokens: { accessTokenType: 'opaque' } }, 'tokens.accessTokenType must be one of jwt, reference'],
    [{ tokens: { idTokenClaims: 'alwys' } }, 'did you mean "always"?'],
    [{ refreshTokens: { usage: 'one-tim' } }, 'did you mean "one-time"?'],
    [{ claims: { mappings: { sub: 'x' } } }, 'claims.mappings.sub cannot be mapped'],
    [{ claims: { values: { id: 'x' } } }, 'claims.values.id would be client_id: the token itself says that'],
    [{ claims: { prefix: '', values: { sub: 'x' } } }, 'claims.values.sub would be sub: the token itself says that'],
    [{ clientCredentialsClaims: { group: ['x'] } }, 'did you mean "groups"?'],
  ])('%j is refused', (changes, expected) => {
    expect(refusals(changes)).toEqual([expect.stringContaining(expected)]);
  });

  test('an idle time longer than the whole lifetime of refresh tokens is warned about', () => {
    expect(warnings({ refreshTokens: { validIfNotUsedFor: '2h', absoluteLifetime: '1h' } })).toEqual([
      expect.stringContaining('staticClients[0].refreshTokens.validIfNotUsedFor is longer than absoluteLifetime'),
    ]);
  });
});

describe('people and sign-out of a client', () => {
  const oauth2 = { pairwiseSecret: 'p'.repeat(32) };

  test.each([
    [{}, { subject: { type: 'pairwise' } }, 'subject.type is pairwise, which needs oauth2.pairwiseSecret'],
    [
      { oauth2 },
      { subject: { type: 'pairwise' }, redirectURIs: ['https://a.example.org/x', 'https://b.example.org/x'] },
      'subject.sectorIdentifier is required: the redirect URIs have several hosts (OIDC Core §8.1)',
    ],
    [
      { oauth2 },
      { subject: { type: 'pairwise' }, redirectURIs: ['org.example.app:/cb'] },
      'subject.sectorIdentifier is required: no redirect URI has a host (OIDC Core §8.1)',
    ],
    [
      { oauth2 },
      { subject: { type: 'pairwise', sectorIdentifier: 'https://app.example.org/' } },
      'subject.sectorIdentifier must be a host name such as app.example.org',
    ],
    [{}, { logout: { frontchannelURI: 'https://app.example.org/#x' } }, 'must not have a fragment'],
    [
      {},
      { logout: { frontchannelURI: 'https://other.example.org/logout' } },
      'logout.frontchannelURI must have the scheme, host and port of a redirect URI (OIDC Front-Channel Logout §2)',
    ],
    [
      {},
      { backchannelLogoutURI: 'app.example.org/logout' },
      'backchannelLogoutURI must be an absolute http or https URL',
    ],
    [{}, { backchannelLogoutURI: 'https://app.example.org/#x' }, 'backchannelLogoutURI must not have a fragment'],
    [
      { sessions: { enabled: false } },
      { refreshTokenLifetime: 'session' },
      'refreshTokenLifetime is session, but sessions.enabled is off',
    ],
    [{}, { consent: { lifetime: '1d' } }, 'consent.lifetime is not a duration'],
  ])('beside %j, %j is refused', (file, changes, expected) => {
    expect(refusals(changes, file)).toEqual([expect.stringContaining(expected)]);
  });

  test('OIDC Core §8.1: one host, or a sector that is named, is enough', () => {
    const subject = { type: 'pairwise' };
    const uris = ['https://a.example.org/x', 'https://a.example.org:8443/y', '/device/callback'];
    expect(refusals({ subject, redirectURIs: uris }, { oauth2 })).toEqual([]);
    const named = { subject: { ...subject, sectorIdentifier: 'example.org' }, redirectURIs: ['org.example.app:/cb'] };
    expect(refusals(named, { oauth2 })).toEqual([]);
  });

  test('without sessions, what depends on them is warned about', () => {
    const changes = {
      backchannelLogoutURI: 'https://app.example.org/back',
      logout: { frontchannelURI: 'https://app.example.org/front' },
      ssoSharedWith: [],
    };
    expect(warnings(changes, { sessions: { enabled: false } })).toEqual(
      ['backchannelLogoutURI', 'logout.frontchannelURI', 'ssoSharedWith'].map((key) =>
        expect.stringContaining(`staticClients[0].${key} has no effect: sessions.enabled is off`),
      ),
    );
    expect(warnings(changes)).toEqual([]);
  });

  test('a disabled client is kept as one', () => {
    expect(configOf(loadFile({ staticClients: [client({ enabled: false })] })).staticClients[0]?.isEnabled).toBe(false);
  });
});
