import { hashClientSecret } from '@tessera/credentials';
import { type ApiResource, parseCompactJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { claimsOf, createClient, createHarnessWith, type Harness, ISSUER, SECRET } from '../testing/harness.ts';
import { createScope } from '../testing/issue-harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const API_SECRET = 'orders-secret-0123456789';
const asOrders = basicHeader('orders', API_SECRET);

function api(name: string, scopes: readonly string[], changes: Partial<ApiResource> = {}): ApiResource {
  const secrets = [hashClientSecret(name === 'orders' ? API_SECRET : `${name}-secret`)];
  return { name, scopes, claims: [], secrets, requireResourceIndicator: false, ...changes };
}

const resources = {
  apiScopes: [
    createScope('orders.read', { claims: ['given_name'], claimMappings: { tier: '"gold"' } }),
    createScope('pay', { claims: ['email'] }),
  ],
  apiResources: [
    api('orders', ['orders.read'], { claims: ['preferred_username'] }),
    api('billing', ['pay']),
    api('mute', ['pay'], { secrets: [] }),
  ],
};

function createApiHarness(): Promise<Harness> {
  return createHarnessWith({ resources });
}

function introspect(harness: Harness, token: unknown, headers: Readonly<Record<string, string>>): Promise<TestAnswer> {
  return harness.send('introspection', { form: { token: String(token) }, headers });
}

function inactive(answer: TestAnswer): void {
  expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
}

const scopes = ['openid', 'profile', 'email', 'groups', 'orders.read', 'pay', 'offline_access'];

describe('an API resource at the introspection endpoint', () => {
  it('RFC 7662 §2.2: learns what concerns it: its scopes, its claims, itself as audience', async () => {
    const harness = await createApiHarness();
    const first = await harness.signIn({ scopes, details: { acr: 'urn:mfa', actor: { sub: 'admin' } } });
    const claims = claimsOf(first, 'access_token');
    expect(claims['aud']).toEqual(['orders', 'billing', 'mute']);
    const answer = await introspect(harness, first.body['access_token'], asOrders);
    expect(answer.body).toEqual({
      active: true,
      client_id: 'app',
      sub: claims['sub'],
      exp: claims['exp'],
      iat: claims['iat'],
      nbf: claims['iat'],
      iss: ISSUER,
      token_type: 'Bearer',
      token_use: 'access_token',
      jti: claims['jti'],
      auth_time: claims['auth_time'],
      acr: 'urn:mfa',
      act: { sub: 'admin' },
      aud: 'orders',
      username: 'jane',
      scope: 'orders.read',
      ext: { given_name: 'Jane', preferred_username: 'jane', tier: 'gold' },
    });
  });

  it('N74: what one caller was told is never told another, however often they ask of one token', async () => {
    const harness = await createApiHarness();
    const token = (await harness.signIn({ scopes })).body['access_token'];
    const narrow = await harness.signIn({ scopes: ['openid', 'pay'] });
    const callers = [basicHeader('app', SECRET), asOrders, basicHeader('billing', 'billing-secret')];
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(callers.map((caller) => introspect(harness, token, caller)));
      expect(answers.map(({ body }) => body['scope'])).toEqual([scopes.join(' '), 'orders.read', 'pay']);
      expect(answers.map(({ body }) => body['aud'])).toEqual([['orders', 'billing', 'mute'], 'orders', 'billing']);
      // Another token of the same person and client, for another audience.
      inactive(await introspect(harness, narrow.body['access_token'], asOrders));
      inactive(await introspect(harness, token, basicHeader('other', 'other-secret')));
    }
    await harness.post('revocation', { token: String(token) });
    for (const caller of callers) inactive(await introspect(harness, token, caller));
  });

  it('RFC 7662 §2.2: learns the same of a reference token, by one call of storage', async () => {
    const harness = await createApiHarness();
    const jwt = await introspect(harness, (await harness.signIn({ scopes })).body['access_token'], asOrders);
    harness.clients.set('app', createClient('app', { settings: { accessTokenType: 'reference' } }));
    const first = await harness.signIn({ scopes });
    harness.forget();
    const reference = await introspect(harness, first.body['access_token'], asOrders);
    expect({ ...reference.body, jti: '' }).toEqual({ ...jwt.body, jti: '' });
    expect(harness.storage.calls).toEqual(['findGrant']);
  });

  it('N39: sees no token that is not for it, and no refresh token at all', async () => {
    const harness = await createApiHarness();
    const { body } = await harness.signIn({ scopes: ['openid', 'pay', 'offline_access'] });
    harness.forget();
    inactive(await introspect(harness, body['access_token'], asOrders));
    inactive(await introspect(harness, body['refresh_token'], asOrders));
    inactive(await introspect(harness, body['refresh_token'], basicHeader('billing', 'billing-secret')));
    expect(harness.storage.calls).toEqual([]);
    expect(
      (await introspect(harness, body['access_token'], basicHeader('billing', 'billing-secret'))).body,
    ).toMatchObject({ active: true, aud: 'billing', scope: 'pay', ext: { email: 'jane@example.com' } });
  });

  it('RFC 7662 §2.2: a token without a grant is active by its signature', async () => {
    const harness = await createApiHarness();
    const form = { grant_type: 'client_credentials', scope: 'orders.read' };
    const first = await harness.post('token', form);
    harness.forget();
    expect((await introspect(harness, first.body['access_token'], asOrders)).body).toMatchObject({
      active: true,
      client_id: 'app',
      scope: 'orders.read',
    });
    expect(harness.storage.calls).toEqual([]);
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    inactive(await introspect(harness, first.body['access_token'], asOrders));
  });
});

describe('how an API resource signs in', () => {
  it('RFC 7662 §2.1: with name and secret by Basic or the form', async () => {
    const harness = await createApiHarness();
    const token = String((await harness.signIn({ scopes })).body['access_token']);
    const form = { token, client_id: 'orders', client_secret: API_SECRET };
    expect((await harness.send('introspection', { form })).body['active']).toBe(true);
    const named = { form: { token, client_id: 'orders' }, headers: asOrders };
    expect((await harness.send('introspection', named)).body['active']).toBe(true);
  });

  it('N41, N44: a wrong secret, an empty one, and one without secrets are 401, told in log and event', async () => {
    const harness = await createApiHarness();
    const token = String((await harness.signIn({ scopes })).body['access_token']);
    harness.forget();
    for (const headers of [basicHeader('orders', 'wrong'), basicHeader('orders', ''), basicHeader('mute', '')]) {
      const answer = await introspect(harness, token, headers);
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
      expect(answer.headers['www-authenticate']).toContain('Basic realm=');
    }
    const byForm = await harness.send('introspection', {
      form: { token, client_id: 'orders', client_secret: 'canary' },
    });
    expect([byForm.status, byForm.headers['www-authenticate']]).toEqual([401, undefined]);
    expect(harness.storage.calls).toEqual([]);
    expect(harness.events.recorded.map(({ key }) => key)).toEqual(['orders', 'orders', 'mute', 'orders']);
    expect(harness.logs).toHaveLength(4);
    expect(JSON.stringify([harness.logs, harness.events.recorded])).not.toContain('canary');
  });

  it('RFC 6749 §2.3.1, N64: after twenty wrong secrets within a minute an API resource waits, as a client does', async () => {
    const harness = await createApiHarness();
    const ask = (secret: string) => introspect(harness, 'x', basicHeader('orders', secret));
    for (let count = 0; count < 19; count += 1) expect((await ask(`wrong-${count}`)).status).toBe(401);
    inactive(await ask(API_SECRET));
    for (let count = 0; count < 20; count += 1) expect((await ask(`wrong-${count}`)).status).toBe(401);
    const postponed = await ask(API_SECRET);
    expect([postponed.status, postponed.body['error'], postponed.headers['retry-after']]).toEqual([
      429,
      'temporarily_unavailable',
      '60',
    ]);
    // Another API resource of the same source, and the same one a minute later.
    inactive(await introspect(harness, 'x', basicHeader('billing', 'billing-secret')));
    harness.clock.advance(60);
    inactive(await ask(API_SECRET));
  });

  it('N33: more than one way at once is invalid_request', async () => {
    const harness = await createApiHarness();
    const forms = [
      { client_secret: API_SECRET },
      { client_id: 'other' },
      { client_assertion: 'a.b.c' },
      { client_assertion_type: 'urn:x' },
    ];
    for (const form of forms) {
      const answer = await harness.send('introspection', { form: { token: 'x', ...form }, headers: asOrders });
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    }
    const posted = { token: 'x', client_id: 'orders', client_secret: API_SECRET };
    const twice = await harness.send('introspection', { form: posted, headers: { authorization: 'Bearer x' } });
    expect(twice.status).toBe(400);
  });

  it('a secret that has expired is refused, the other one of a rotation is taken', async () => {
    const old = { ...hashClientSecret('old'), expiresAt: new Date('2026-03-01T12:00:00Z') };
    const apiResources = [api('orders', ['orders.read'], { secrets: [old, hashClientSecret('new')] })];
    const harness = await createHarnessWith({ resources: { apiScopes: [createScope('orders.read')], apiResources } });
    expect((await introspect(harness, 'x', basicHeader('orders', 'old'))).status).toBe(401);
    expect((await introspect(harness, 'x', basicHeader('orders', 'new'))).status).toBe(200);
  });

  it('a name is the API resource’s, also when a client of that name comes later', async () => {
    const harness = await createApiHarness();
    harness.clients.set('orders', createClient('orders'));
    expect((await introspect(harness, 'x', basicHeader('orders', 'orders-secret'))).status).toBe(401);
  });
});

describe('signed answers', () => {
  const accept = 'application/json;q=0.5, application/token-introspection+jwt';

  it('RFC 9701 §5: a JWT for the caller, whose token is in token_introspection', async () => {
    const harness = await createApiHarness();
    const token = (await harness.signIn({ scopes })).body['access_token'];
    const plain = await introspect(harness, token, asOrders);
    harness.forget();
    const answer = await harness.send('introspection', {
      form: { token: String(token) },
      headers: { ...asOrders, accept },
    });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/token-introspection+jwt',
      'cache-control': 'no-store',
    });
    const parsed = parseCompactJws(answer.text);
    expect(parsed).toMatchObject({
      ok: true,
      jws: {
        header: { typ: 'token-introspection+jwt' },
        payload: {
          iss: ISSUER,
          aud: 'orders',
          iat: Math.floor(harness.clock.now().getTime() / 1000),
          token_introspection: plain.body,
        },
      },
    });
    expect(harness.signer.calls).toHaveLength(1);
  });

  it('RFC 9701 §5: of an inactive token too, to clients too, and never with sub or exp of its own', async () => {
    const harness = await createApiHarness();
    const answer = await harness.send('introspection', {
      form: { token: 'x' },
      headers: { ...basicHeader('app', SECRET), accept: 'Application/Token-Introspection+JWT' },
    });
    const parsed = parseCompactJws(answer.text);
    if (!parsed.ok) throw new Error(parsed.reason);
    const { payload } = parsed.jws;
    expect(payload).toMatchObject({ aud: 'app', token_introspection: { active: false } });
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
  });

  it('RFC 9701 §4: whoever does not ask for one, or refuses it, gets JSON', async () => {
    const harness = await createApiHarness();
    for (const other of ['*/*', 'application/jwt', 'application/token-introspection+jwt;q=0', '']) {
      inactive(await introspect(harness, 'x', { ...asOrders, accept: other }));
    }
  });
});
