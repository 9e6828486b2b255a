import { describe, expect, it } from 'vitest';
import { accessTokenClaims, type IdTokenClaimsInput, idTokenClaims } from './claims.ts';
import type { Identity } from './identity.ts';

const identity: Identity = {
  userId: 'u1',
  username: 'Ada Lovelace',
  preferredUsername: 'ada',
  email: 'ada@example.com',
  emailVerified: false,
  groups: ['math', 'engines'],
  claims: { given_name: 'Ada', phone_number: '+1' },
};

const input: IdTokenClaimsInput = {
  issuer: 'https://issuer.example',
  subject: 'sub1',
  clientId: 'app',
  scopes: ['openid'],
  identity,
  connectorId: 'ldap',
  tokenId: 'jti1',
  // RFC 7519 §2: rounded down.
  issuedAt: new Date(1_700_000_000_999),
  expiresAt: new Date(1_700_000_060_000),
};

const protocolClaims = {
  iss: 'https://issuer.example',
  sub: 'sub1',
  aud: 'app',
  exp: 1_700_000_060,
  iat: 1_700_000_000,
  jti: 'jti1',
};

const allScopes = ['openid', 'email', 'profile', 'groups', 'federated:id', 'offline_access', 'address', 'phone'];

describe('idTokenClaims', () => {
  it('OIDC Core §2: with openid alone says nothing about the person but the subject', () => {
    expect(idTokenClaims(input)).toEqual(protocolClaims);
  });

  it("has Dex's claims for all scopes and no further standard claim", () => {
    expect(idTokenClaims({ ...input, scopes: allScopes })).toEqual({
      ...protocolClaims,
      email: 'ada@example.com',
      email_verified: false,
      groups: ['math', 'engines'],
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      federated_claims: { connector_id: 'ldap', user_id: 'u1' },
    });
  });

  it.each([
    ['email', { email: 'ada@example.com', email_verified: false }],
    ['groups', { groups: ['math', 'engines'] }],
    ['profile', { name: 'Ada Lovelace', preferred_username: 'ada' }],
    ['federated:id', { federated_claims: { connector_id: 'ldap', user_id: 'u1' } }],
    ['address', {}],
    ['offline_access', {}],
  ])('OIDC Core §5.4: the scope %s adds its own claims alone', (scope, claims) => {
    expect(idTokenClaims({ ...input, scopes: ['openid', scope] })).toEqual({ ...protocolClaims, ...claims });
  });

  it('leaves out what is empty', () => {
    const nobody: Identity = { ...identity, username: '', preferredUsername: '', email: '', groups: [] };
    expect(idTokenClaims({ ...input, scopes: allScopes, identity: nobody, nonce: '', sessionId: '' })).toEqual({
      ...protocolClaims,
      email_verified: false,
      federated_claims: { connector_id: 'ldap', user_id: 'u1' },
    });
  });

  it('OIDC Core §2: carries nonce, auth_time and sid when there are any', () => {
    const claims = idTokenClaims({ ...input, nonce: 'n-0S6', authTime: new Date(1_699_999_999_001), sessionId: 's1' });
    expect(claims).toEqual({ ...protocolClaims, nonce: 'n-0S6', auth_time: 1_699_999_999, sid: 's1' });
  });

  it('OIDC Core §2: several audiences come with azp', () => {
    const claims = idTokenClaims({ ...input, scopes: ['openid', 'audience:server:client_id:api'] });
    expect(claims).toEqual({ ...protocolClaims, aud: ['api', 'app'], azp: 'app' });
  });
});

describe('accessTokenClaims', () => {
  it('RFC 9068 §2.2: has every required claim, and scope', () => {
    expect(accessTokenClaims({ ...input, authTime: new Date(1_699_999_999_000) })).toEqual({
      ...protocolClaims,
      client_id: 'app',
      scope: 'openid',
      auth_time: 1_699_999_999,
    });
  });

  it('RFC 9068 §2.2.2: has the identity claims of its scopes', () => {
    const claims = accessTokenClaims({ ...input, scopes: ['openid', 'email', 'groups'] });
    expect(claims).toMatchObject({
      scope: 'openid email groups',
      email: 'ada@example.com',
      groups: ['math', 'engines'],
    });
    expect(claims).not.toHaveProperty('name');
  });

  it('RFC 9068 §2.2.3: no scope, no claim; and never a nonce', () => {
    const claims = accessTokenClaims({ ...input, scopes: [], nonce: 'n' } as IdTokenClaimsInput);
    expect(claims).toEqual({ ...protocolClaims, client_id: 'app' });
  });
});

describe('further claims', () => {
  it('OIDC Core §2, RFC 9068 §2.2.1: acr and amr stand in both tokens, an empty one in none', () => {
    const login = { acr: 'urn:mfa', amr: ['pwd', 'otp'] };
    expect(idTokenClaims({ ...input, ...login })).toMatchObject(login);
    expect(accessTokenClaims({ ...input, ...login })).toMatchObject(login);
    expect(idTokenClaims({ ...input, acr: '', amr: [] })).toEqual(protocolClaims);
  });

  it('RFC 8693 §4.1: who acts for the person is in the access token', () => {
    const act = { sub: 'admin', act: { sub: 'other' } };
    expect(accessTokenClaims({ ...input, actor: act }).act).toEqual(act);
  });

  it('RFC 9068 §3: API resources are the audience of the access token', () => {
    const claims = accessTokenClaims({ ...input, apiResources: ['orders'] });
    expect([claims.aud, claims.azp, claims.client_id]).toEqual(['orders', undefined, 'app']);
  });

  it('given claims stand in place of those of Dex, and never for one of the protocol', () => {
    const claims = { department: 'math', sub: 'x', iss: 'x', nonce: 'x', act: { sub: 'x' }, scope: 'x', amr: ['x'] };
    expect(idTokenClaims({ ...input, scopes: ['openid', 'email'], claims })).toEqual({
      ...protocolClaims,
      department: 'math',
    });
    expect(accessTokenClaims({ ...input, scopes: [], claims })).toEqual({
      ...protocolClaims,
      client_id: 'app',
      department: 'math',
    });
  });
});
