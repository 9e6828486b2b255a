import { describe, expect, test } from 'vitest';
import { client, configOf, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';

const resources = {
  identityResources: [
    {
      name: 'employment',
      displayName: 'Your position',
      description: 'Department and role',
      required: true,
      emphasize: true,
      showInDiscovery: false,
      claims: ['department'],
      claimMappings: { department: 'identity.groups[0]' },
    },
  ],
  apiScopes: [{ name: 'orders.read', claims: ['email'] }, { name: 'orders.write' }],
  apiResources: [
    {
      name: 'https://orders.example.org',
      displayName: 'Orders',
      scopes: ['orders.read', 'orders.write'],
      claims: ['groups'],
      secrets: [{ value: 'api-secret' }, { valueEnv: 'NEXT', expiresAt: '2030-01-31' }],
      requireResourceIndicator: true,
      signingAlgorithms: ['RS256'],
    },
    { name: 'stock' },
  ],
};

describe('resources', () => {
  test('are none by default', () => {
    expect(configOf(loadFile()).resources).toEqual({ identityResources: [], apiScopes: [], apiResources: [] });
  });

  test('IdentityServer’s three kinds are read', () => {
    const defaults = { required: false, emphasize: false, showInDiscovery: true, claims: [], claimMappings: {} };
    expect(configOf(loadFile({ resources }, { env: { NEXT: 'next-secret' } })).resources).toEqual({
      identityResources: resources.identityResources,
      apiScopes: [
        { ...defaults, name: 'orders.read', claims: ['email'] },
        { ...defaults, name: 'orders.write' },
      ],
      apiResources: [
        {
          ...resources.apiResources[0],
          secrets: [{ value: 'api-secret' }, { value: 'next-secret', expiresAt: new Date('2030-01-31T00:00:00Z') }],
        },
        { name: 'stock', scopes: [], claims: [], secrets: [], requireResourceIndicator: false },
      ],
    });
  });

  test.each([
    [{ apiScopes: [{}] }, 'apiScopes[0].name is required'],
    [{ apiScopes: [{ name: 'a' }, { name: 'a' }] }, 'apiScopes[1].name is the same as resources.apiScopes[0].name'],
    [
      { identityResources: [{ name: 'a' }], apiScopes: [{ name: 'a' }] },
      'apiScopes[0].name is the same as resources.identityResources[0].name',
    ],
    [{ identityResources: [{ name: 'profile' }] }, 'is "profile", a scope with a meaning of its own'],
    [{ apiScopes: [{ name: 'offline_access' }] }, 'is "offline_access", a scope with a meaning of its own'],
    [{ apiScopes: [{ name: 'audience:server:client_id:x' }] }, 'a scope with a meaning of its own'],
    [{ apiScopes: [{ name: 'a b' }] }, 'apiScopes[0].name must be visible ASCII without spaces'],
    [{ apiScopes: [{ name: 'a', claimMappings: { sub: 'x' } }] }, 'claimMappings.sub cannot be mapped'],
    [{ apiScopes: [{ name: 'a', claimMappings: { x: ' ' } }] }, 'claimMappings.x must not be empty'],
    [{ apiResources: [{ name: 'a' }, { name: 'a' }] }, '[1].name is the same as resources.apiResources[0].name'],
    [{ apiResources: [{ name: 'app' }] }, 'apiResources[0].name is the id of a client as well'],
    [
      { apiScopes: [{ name: 'orders.read' }], apiResources: [{ name: 'a', scopes: ['order.read'] }] },
      'apiResources[0].scopes[0] must be one of orders.read; did you mean "orders.read"?',
    ],
    [{ apiResources: [{ name: 'a', scopes: ['b'] }] }, 'is not in resources.apiScopes, which is empty'],
    [{ apiResources: [{ name: 'a', secrets: [{}] }] }, 'secrets[0].value is required (or valueEnv or valueFile)'],
    [
      { apiResources: [{ name: 'a', secrets: [{ value: 'x', expiresAt: '2030-02-30' }] }] },
      'secrets[0].expiresAt must be a date or a time with a zone',
    ],
    [
      { apiResources: [{ name: 'a', signingAlgorithms: ['ES256'] }] },
      'signingAlgorithms[0] is ES256, which signer.config.algorithms does not have (RS256)',
    ],
    [
      { apiResources: [{ name: 'orders', requireResourceIndicator: true }] },
      'must be an absolute URI without a fragment with requireResourceIndicator (RFC 8707 §2)',
    ],
    [
      { apiResources: [{ name: 'https://a/#b', requireResourceIndicator: true }] },
      'must be an absolute URI without a fragment',
    ],
    [{ apiResource: [] }, 'did you mean "apiResources"?'],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOf(loadFile({ resources: changes, staticClients: [client()] }))).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  test('a secret that has ended is warned about, one that has not is not', () => {
    const secrets = [
      { value: 'a', expiresAt: '2026-01-01T00:00:00Z' },
      { value: 'b', expiresAt: '2026-01-01T01:00:00+01:00' },
      { value: 'c', expiresAt: '2026-01-02' },
    ];
    const warnings = warningsOf(
      loadFile({ resources: { apiResources: [{ name: 'a', secrets }] } }, { now: new Date('2026-01-01T00:00:00Z') }),
    ).filter((warning) => warning.includes('secrets'));
    expect(warnings).toEqual([
      expect.stringContaining('resources.apiResources[0].secrets[0].expiresAt was 2026-01-01T00:00:00.000Z'),
      expect.stringContaining('resources.apiResources[0].secrets[1].expiresAt was 2026-01-01T00:00:00.000Z'),
    ]);
  });
});

describe('claims', () => {
  test('are none by default, and read', () => {
    expect(configOf(loadFile()).claims).toEqual({ mappings: {}, accessTokenMappings: {}, presets: [] });
    const claims = {
      mappings: { department: 'identity.groups[0]' },
      accessTokenMappings: { tenant: "'acme'" },
      presets: ['arkid'],
      arkidTenant: { id: '1', slug: 'acme' },
    };
    expect(configOf(loadFile({ claims })).claims).toEqual(claims);
  });

  test.each(
    'iss sub aud exp iat nbf jti nonce at_hash c_hash s_hash auth_time acr amr azp sid client_id scope cnf act events'.split(
      ' ',
    ),
  )('RFC 7519 §4.1: nothing may be mapped to %s', (name) => {
    const claims = { mappings: { [name]: 'x' }, accessTokenMappings: { [name]: 'x' } };
    expect(problemsOf(loadFile({ claims }))).toEqual([
      `claims.mappings.${name} cannot be mapped: the token itself says it`,
      `claims.accessTokenMappings.${name} cannot be mapped: the token itself says it`,
    ]);
  });

  test.each([
    [{ mappings: { a: '' } }, 'claims.mappings.a must not be empty'],
    [{ mappings: { a: 1 } }, 'claims.mappings.a must be text, not a number'],
    [{ mappings: { '': 'x' } }, 'is a mapping without the name of a claim'],
    [{ presets: ['arkd'] }, 'claims.presets[0] must be arkid'],
    [{ arkidTenant: { id: '1' } }, 'claims.arkidTenant.slug is required'],
    [{ mapping: {} }, 'did you mean "mappings"?'],
  ])('%j is refused', (claims, expected) => {
    expect(problemsOf(loadFile({ claims }))).toEqual([expect.stringContaining(expected)]);
  });

  test('a tenant that no preset tells is warned about', () => {
    expect(warningsOf(loadFile({ claims: { arkidTenant: { id: '1', slug: 'a' } } }))).toContainEqual(
      expect.stringContaining('claims.arkidTenant has no effect without arkid in presets'),
    );
  });
});
