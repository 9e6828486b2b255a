import { parseCompactJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { claimsOf, createClient, createHarness, createHarnessWith, type Harness, ISSUER } from '../testing/harness.ts';
import { createScope } from '../testing/issue-harness.ts';
import type { TestAnswer } from '../testing/request.ts';

function ask(harness: Harness, first: TestAnswer): Promise<TestAnswer> {
  const authorization = `Bearer ${String(first.body['access_token'])}`;
  return harness.send('userinfo', { method: 'GET', headers: { authorization } });
}

describe('userinfo as a client is registered', () => {
  it('OIDC Core §5.3.2: a signed answer is a JWT for the client with iss and aud, and without nonce', async () => {
    const harness = await createHarness();
    const settings = { userinfoSignedResponseAlg: 'RS256' } as const;
    harness.clients.set('app', createClient('app', { settings }));
    const first = await harness.signIn({ scopes: ['openid', 'email'] });
    harness.forget();
    const answer = await ask(harness, first);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/jwt', 'cache-control': 'no-store' });
    const parsed = parseCompactJws(answer.text);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.jws.payload).toEqual({
      iss: ISSUER,
      aud: 'app',
      iat: Math.floor(harness.clock.now().getTime() / 1000),
      sub: claimsOf(first, 'id_token')['sub'],
      email: 'jane@example.com',
      email_verified: true,
    });
    expect(harness.signer.calls).toMatchObject([[{ type: 'userinfo', algorithm: 'RS256' }]]);
  });

  it('OIDC Core §8.1: the id behind a pairwise sub is told nowhere, neither by a scope nor by a claim of its name', async () => {
    const harness = await createHarnessWith({ oauth2: { pairwiseSecret: 'secret of the issuer' } });
    const claims = { idToken: { federated_claims: {} }, userinfo: { federated_claims: { essential: true } } };
    for (const idTokenClaims of ['dex', 'always', 'minimal'] as const) {
      harness.clients.set('app', createClient('app', { settings: { subjectType: 'pairwise', idTokenClaims } }));
      const scopes = ['openid', 'profile', 'offline_access', 'federated:id'];
      const first = await harness.signIn({ scopes, details: { claims } });
      const headers = { authorization: `Bearer ${String(first.body['access_token'])}` };
      const told = [
        await harness.send('userinfo', { method: 'GET', headers }),
        await harness.post('introspection', { token: String(first.body['access_token']) }),
        await harness.post('introspection', { token: String(first.body['refresh_token']) }),
      ].map(({ body }) => body);
      for (const body of [claimsOf(first, 'id_token'), claimsOf(first, 'access_token'), ...told]) {
        expect(body).toHaveProperty('sub');
        expect(JSON.stringify(body)).not.toMatch(/federated_claims|jane-1/);
      }
    }
  });

  it('OIDC Core §8.1: a pairwise client is answered by the sub of its ID token', async () => {
    const harness = await createHarnessWith({ oauth2: { pairwiseSecret: 'secret of the issuer' } });
    for (const accessTokenType of ['jwt', 'reference'] as const) {
      harness.clients.set('app', createClient('app', { settings: { subjectType: 'pairwise', accessTokenType } }));
      const first = await harness.signIn({ scopes: ['openid'] });
      const { sub } = claimsOf(first, 'id_token');
      expect((await ask(harness, first)).body).toEqual({ sub });
      const seen = await harness.post('introspection', { token: String(first.body['access_token']) });
      expect([seen.body['sub'], sub]).toEqual([sub, expect.stringMatching(/^[\w-]{43}$/)]);
    }
  });

  it('RFC 6750 §2.1: a reference token is taken, by one call of storage', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { accessTokenType: 'reference' } }));
    const first = await harness.signIn();
    harness.forget();
    expect((await ask(harness, first)).body).toMatchObject({ given_name: 'Jane' });
    expect(harness.storage.calls).toEqual(['findGrant']);
  });
});

describe('what userinfo tells', () => {
  it('OIDC Core §5.5: claims that were asked for by name, with openid alone; not those for the ID token', async () => {
    const harness = await createHarness();
    const claims = { userinfo: { name: { essential: true }, email: { value: 'x' } }, idToken: { given_name: {} } };
    const first = await harness.signIn({ scopes: ['openid'], details: { claims } });
    expect((await ask(harness, first)).body).toEqual({ sub: claimsOf(first, 'id_token')['sub'], name: 'Jane Doe' });
    expect(claimsOf(first, 'id_token')).not.toHaveProperty('name');
  });

  it('OIDC Core §5.4: claims of configured scopes, and computed ones, but never another sub', async () => {
    const harness = await createHarnessWith({
      resources: {
        identityResources: [createScope('employee', { claims: ['given_name'], claimMappings: { level: '3' } })],
      },
      claims: { mappings: { greeting: '"Hello " + identity.username' }, accessTokenMappings: { hidden: '"x"' } },
    });
    const settings = { claimMappings: { tier: 'client.id' } };
    harness.clients.set('app', createClient('app', { settings }));
    const first = await harness.signIn({ scopes: ['openid', 'employee'] });
    expect((await ask(harness, first)).body).toEqual({
      sub: claimsOf(first, 'id_token')['sub'],
      given_name: 'Jane',
      level: 3,
      greeting: 'Hello Jane Doe',
      tier: 'app',
    });
  });

  it('the preset arkid adds ArkID’s names, also with openid alone', async () => {
    const arkidTenant = { id: 't1', slug: 'acme' };
    const harness = await createHarnessWith({ claims: { presets: ['arkid'], arkidTenant } });
    const first = await harness.signIn({ scopes: ['openid'] });
    expect((await ask(harness, first)).body).toEqual({
      sub: claimsOf(first, 'id_token')['sub'],
      id: 'jane-1',
      sub_id: 'jane-1',
      groups: ['staff'],
      tenant_id: 't1',
      tenant_slug: 'acme',
    });
    expect(claimsOf(first, 'id_token')).not.toHaveProperty('tenant_id');
  });

  it('RFC 6750 §3.1: a client’s token for itself has no person: 403 without openid, 401 with it', async () => {
    const harness = await createHarness();
    for (const accessTokenType of ['jwt', 'reference'] as const) {
      harness.clients.set('app', createClient('app', { settings: { accessTokenType } }));
      const outcomes: unknown[] = [];
      for (const scope of ['profile', 'openid profile']) {
        const first = await harness.post('token', { grant_type: 'client_credentials', scope });
        const { status, body } = await ask(harness, first);
        outcomes.push([status, body['error']]);
      }
      expect(outcomes).toEqual([
        [403, 'insufficient_scope'],
        [401, 'invalid_token'],
      ]);
    }
  });
});
