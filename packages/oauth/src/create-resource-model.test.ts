import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResourceModel, NO_RESOURCES } from './create-resource-model.ts';
import { isResourceIndicator } from './resource-indicator.ts';
import type { ApiResource, Resources, ScopeDefinition } from './resources.ts';

function scope(name: string, changes: Partial<ScopeDefinition> = {}): ScopeDefinition {
  return { name, required: false, emphasize: false, showInDiscovery: true, claims: [], claimMappings: {}, ...changes };
}

function api(name: string, scopes: readonly string[], changes: Partial<ApiResource> = {}): ApiResource {
  return { name, scopes, claims: [], secrets: [], requireResourceIndicator: false, ...changes };
}

const resources: Resources = {
  identityResources: [scope('employee', { claims: ['department'] }), scope('email', { claims: ['work_email'] })],
  apiScopes: [scope('orders.read'), scope('orders.write'), scope('pay'), scope('free')],
  apiResources: [
    api('orders', ['orders.read', 'orders.write']),
    api('https://pay.example.com', ['pay', 'orders.read'], { requireResourceIndicator: true }),
    api('bare', []),
  ],
};
const model = createResourceModel(resources);
const anyone = { settings: {} };

describe('what there is', () => {
  it('OIDC Core §5.4 and §11: standard scopes are there without configuration, with their claims', () => {
    const bare = createResourceModel(NO_RESOURCES);
    expect(bare.scopesSupported).toEqual([
      'openid',
      'offline_access',
      'email',
      'profile',
      'groups',
      'address',
      'phone',
      'federated:id',
    ]);
    expect(bare.find('profile')?.claims).toHaveLength(14);
    expect(bare.find('phone')).toMatchObject({ kind: 'identity', claims: ['phone_number', 'phone_number_verified'] });
    expect(bare.find('offline_access')?.kind).toBe('offline_access');
    expect(bare.find('audience:server:client_id:x')?.kind).toBe('peer');
    for (const name of [
      'audience:server:client_id:',
      'audience:server:client_id:é',
      'audience:server:',
      'unknown',
      'OpenID',
      '__proto__',
      '',
    ]) {
      expect(bare.find(name)).toBeUndefined();
    }
  });

  it('configured scopes come after the standard ones, and one of the same name adds to its claims', () => {
    expect(model.scopesSupported.slice(8)).toEqual(['employee', 'orders.read', 'orders.write', 'pay', 'free']);
    expect(model.find('email')?.claims).toEqual(['email', 'email_verified', 'work_email']);
    expect(model.claimsSupported).toContain('department');
    const hidden = { ...resources, identityResources: [scope('employee', { claims: ['x'], showInDiscovery: false })] };
    expect(createResourceModel(hidden).scopesSupported).not.toContain('employee');
    expect(createResourceModel(hidden).claimsSupported).not.toContain('x');
  });

  it('OIDC Core §5.5: for each claim of a person it is known which identity scopes ask for it', () => {
    expect(model.scopesWithClaim('department')).toEqual(['employee']);
    expect(model.scopesWithClaim('name')).toEqual(['profile']);
    expect(model.scopesWithClaim('shoe_size')).toEqual([]);
  });

  it('an ambiguous configuration is refused', () => {
    const broken: readonly Partial<Resources>[] = [
      { apiScopes: [scope('a'), scope('a')] },
      { apiScopes: [scope('email')] },
      { apiScopes: [scope('a b')] },
      { apiScopes: [scope('audience:server:client_id:x')] },
      { identityResources: [scope('offline_access')] },
      { identityResources: [scope('a')], apiScopes: [scope('a')] },
      { apiResources: [api('x', ['unknown'])] },
      { apiResources: [api('x', ['email'])] },
      { apiResources: [api('x', []), api('x', [])] },
      { apiResources: [api('', [])] },
    ];
    for (const change of broken) {
      expect(() => createResourceModel({ ...NO_RESOURCES, ...change })).toThrow(RangeError);
    }
    expect(() => createResourceModel(resources, ['app', 'orders'])).toThrow('"orders" is both');
  });
});

describe('what a client may have', () => {
  it('RFC 6749 §3.3: a scope that does not exist is invalid_scope', () => {
    expect(model.judge({ scopes: ['openid', 'nonsense'], resources: [] }, anyone)).toEqual({
      ok: false,
      error: 'invalid_scope',
      description: 'Unrecognized scope(s).',
    });
    const asked = { scopes: ['openid', 'employee', 'pay', 'audience:server:client_id:x'], resources: [] };
    expect(model.judge(asked, anyone)).toEqual({ ok: true, access: asked });
  });

  it('RFC 6749 §3.3: a client with listed scopes gets these alone, offline_access included, beside openid and peers', () => {
    const client = { settings: { scopes: ['email', 'orders.read'] } };
    const verdict = (scopes: readonly string[]) => model.judge({ scopes, resources: [] }, client).ok;
    expect(verdict(['openid', 'email', 'orders.read', 'audience:server:client_id:x'])).toBe(true);
    for (const other of ['profile', 'offline_access', 'orders.write', 'groups', 'federated:id']) {
      expect(verdict(['openid', other])).toBe(false);
    }
  });

  it('RFC 8707 §2: an unknown, relative or overlong resource, or one with a fragment, is invalid_target', () => {
    const judged = (resource: string) => model.judge({ scopes: ['openid'], resources: [resource] }, anyone);
    const unknown = [
      'https://other.example.com',
      'orders/',
      '/orders',
      'https://pay.example.com#x',
      `https://${'a'.repeat(512)}`,
      '',
    ];
    for (const resource of unknown) expect(judged(resource)).toMatchObject({ ok: false, error: 'invalid_target' });
    expect(judged('orders').ok).toBe(true);
    expect(judged('https://pay.example.com').ok).toBe(true);
  });

  it('RFC 8707 §2: a client with listed scopes may name a resource that has one of them, and each counts once', () => {
    const client = { settings: { scopes: ['pay'] } };
    const judged = (...named: string[]) => model.judge({ scopes: ['pay'], resources: named }, client);
    expect(judged('https://pay.example.com', 'https://pay.example.com')).toEqual({
      ok: true,
      access: { scopes: ['pay'], resources: ['https://pay.example.com'] },
    });
    expect(judged('orders')).toMatchObject({ ok: false, error: 'invalid_target' });
    expect(judged('bare')).toMatchObject({ ok: false, error: 'invalid_target' });
  });

  it('client_credentials without a scope gives the API scopes that are listed, and none where nothing is', () => {
    expect(model.defaultScopes({ settings: { scopes: ['openid', 'pay', 'free', 'gone'] } })).toEqual(['pay', 'free']);
    expect(model.defaultScopes(anyone)).toEqual([]);
  });
});

describe('whom a token is for', () => {
  it('without indicators: every API resource with a granted scope, but isolated ones', () => {
    expect(model.audiences({ scopes: ['openid', 'orders.read', 'pay', 'free'], resources: [] })).toEqual(['orders']);
    expect(model.audiences({ scopes: ['openid', 'pay', 'free'], resources: [] })).toEqual([]);
  });

  it('RFC 8707 §2: with indicators those alone, isolated or not', () => {
    const scopes = ['orders.read', 'pay'];
    expect(model.audiences({ scopes, resources: ['https://pay.example.com'] })).toEqual(['https://pay.example.com']);
    expect(model.audiences({ scopes, resources: ['https://pay.example.com', 'orders', 'gone'] })).toEqual([
      'https://pay.example.com',
      'orders',
    ]);
  });

  it('the scopes of an API resource are those that it lists, in the order given', () => {
    expect(model.scopesOf('orders', ['pay', 'orders.write', 'openid', 'orders.read'])).toEqual([
      'orders.write',
      'orders.read',
    ]);
    expect(model.scopesOf('gone', ['pay'])).toEqual([]);
  });
});

it('RFC 8707 §2: no text with a fragment or beyond 512 characters is an indicator', () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
      expect(isResourceIndicator(url)).toBe(!url.includes('#') && url.length <= 512);
    }),
  );
});
