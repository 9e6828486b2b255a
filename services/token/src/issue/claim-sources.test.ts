import { describe, expect, it } from 'vitest';
import { createClient } from '../testing/harness.ts';
import { createIssueHarness, createScope, payloadOf } from '../testing/issue-harness.ts';

const everything = ['openid', 'profile', 'email', 'groups', 'federated:id', 'address'];
const dexClaims = {
  name: 'Jane Doe',
  preferred_username: 'jane',
  email: 'jane@example.com',
  email_verified: true,
  groups: ['staff'],
};

async function idClaims(
  harness: ReturnType<typeof createIssueHarness>,
  authorization: Parameters<typeof harness.issue>[0],
  client = createClient('app'),
): Promise<Readonly<Record<string, unknown>>> {
  return payloadOf((await harness.issue(authorization, client)).id_token);
}

describe('claims about the person in ID tokens', () => {
  it('OIDC Core §5.4: with openid alone there is none', async () => {
    const claims = await idClaims(createIssueHarness(), { scopes: ['openid'] });
    expect(Object.keys(claims).toSorted()).toEqual(['at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'jti', 'sub']);
  });

  it('by default those of Dex, and those of configured scopes', async () => {
    const harness = createIssueHarness({
      resources: { identityResources: [createScope('more', { claims: ['given_name', 'phone_number'] })] },
    });
    const claims = await idClaims(harness, { scopes: everything });
    expect(claims).toMatchObject({ ...dexClaims, federated_claims: { connector_id: 'ldap', user_id: 'jane-1' } });
    expect(claims).not.toHaveProperty('given_name');
    expect(await idClaims(harness, { scopes: ['openid', 'more'] })).toHaveProperty('given_name', 'Jane');
  });

  it('OIDC Core §5.4: a client may have all of its scopes there, or none', async () => {
    const always = createClient('app', { settings: { idTokenClaims: 'always' } });
    expect(await idClaims(createIssueHarness(), { scopes: everything }, always)).toMatchObject({
      ...dexClaims,
      given_name: 'Jane',
    });
    const minimal = createClient('app', { settings: { idTokenClaims: 'minimal' } });
    const harness = createIssueHarness({ claims: { mappings: { dept: '"math"' } } });
    expect(Object.keys(await idClaims(harness, { scopes: everything }, minimal)).toSorted()).toEqual(
      Object.keys(await idClaims(createIssueHarness(), { scopes: ['openid'] })).toSorted(),
    );
  });

  it('OIDC Core §5.5: claims that were asked for by name come, also with minimal ones', async () => {
    const details = { claims: { idToken: { name: { essential: true }, email: { value: 'other@example.com' } } } };
    for (const idTokenClaims of ['dex', 'always', 'minimal'] as const) {
      const client = createClient('app', { settings: { idTokenClaims } });
      const claims = await idClaims(createIssueHarness(), { scopes: ['openid'], details }, client);
      expect(claims).toHaveProperty('name', 'Jane Doe');
      expect(claims).not.toHaveProperty('email');
    }
  });

  it('OIDC Core §5.5: a client with listed scopes gets no claim of another scope by its name', async () => {
    const details = { claims: { idToken: { name: {}, email: {}, shoe_size: {} } } };
    const client = createClient('app', { settings: { scopes: ['email'] } });
    const claims = await idClaims(createIssueHarness(), { scopes: ['openid'], details }, client);
    expect(claims).toHaveProperty('email');
    expect(claims).not.toHaveProperty('name');
    expect(claims).not.toHaveProperty('shoe_size');
  });
});

describe('computed claims', () => {
  const resources = {
    identityResources: [createScope('employee', { claimMappings: { level: '"scope"', dept: '"scope"' } })],
    apiScopes: [createScope('orders', { claimMappings: { level: '"api"' } })],
  };
  const claims = {
    mappings: { level: '"issuer"', seen: 'claims.name', who: 'connector.type + "/" + identity.userId' },
    accessTokenMappings: { level: '"issuer access"', roles: 'identity.groups.map(g, "r-" + g)' },
  };

  it('are made by the issuer, then the scopes, then the client, each seeing what was made before', async () => {
    const harness = createIssueHarness({ resources, claims });
    const settings = { claimMappings: { level: 'claims.level + "+client"' } };
    const response = await harness.issue(
      { scopes: ['openid', 'profile', 'employee', 'orders'] },
      createClient('app', { settings }),
    );
    expect(payloadOf(response.id_token)).toMatchObject({
      level: 'scope+client',
      dept: 'scope',
      seen: 'Jane Doe',
      who: 'ldap/jane-1',
    });
    const access = payloadOf(response.access_token);
    expect(access).toMatchObject({ level: 'api+client', roles: ['r-staff'] });
    expect(access).not.toHaveProperty('dept');
    expect(access).not.toHaveProperty('who');
  });

  it('that fail are left out and told once, and nobody is kept from signing in', async () => {
    const harness = createIssueHarness({ claims: { mappings: { broken: 'identity.claims.missing' } } });
    for (let round = 0; round < 3; round += 1) expect(await idClaims(harness, {})).not.toHaveProperty('broken');
    expect(harness.logs).toEqual([
      {
        level: 'warn',
        message: 'a computed claim is left out',
        fields: { mapping: 'claims.mappings', claim: 'broken', reason: 'no_such_key' },
      },
    ]);
  });

  it('of a client that can never work are left out and told once, claims of the protocol among them', async () => {
    const harness = createIssueHarness();
    for (const claimMappings of [{ x: 'nonsense +' }, { sub: '"admin"' }] as const) {
      const client = createClient('app', { settings: { claimMappings } });
      const { sub } = await idClaims(harness, {}, client);
      await idClaims(harness, {}, client);
      expect(sub).not.toBe('admin');
    }
    expect(harness.logs.map(({ fields }) => fields['claim'])).toEqual(['x', 'sub']);
  });

  it('RFC 7519 §4.1: of the configuration that can never work end the start, by name', () => {
    const starts = [
      () => createIssueHarness({ claims: { mappings: { dept: 'identity.' } } }),
      () => createIssueHarness({ claims: { accessTokenMappings: { iss: '"x"' } } }),
      () => createIssueHarness({ resources: { apiScopes: [createScope('a', { claimMappings: { scope: '"x"' } })] } }),
    ];
    for (const start of starts) expect(start).toThrow(/the claim "(dept|iss|scope)" cannot be computed/);
  });
});
