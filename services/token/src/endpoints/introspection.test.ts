import { unavailable } from '@tessera/errors';
import { describe, expect, it } from 'vitest';
import {
  claimsOf,
  createClient,
  createHarness,
  type Harness,
  ISSUER,
  refreshForm,
  SECRET,
} from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const asOther = basicHeader('other', 'other-secret');
const rules = {
  disableRotation: false,
  reuseIntervalSeconds: 0,
  validIfNotUsedForSeconds: 0,
  absoluteLifetimeSeconds: 0,
};

function introspect(harness: Harness, token: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer> {
  return harness.post('introspection', { token: String(token) }, headers);
}

function inactive(answer: TestAnswer): void {
  expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
  expect(answer.headers['cache-control']).toBe('no-store');
}

describe('what introspection tells', () => {
  it('RFC 7662 §2.2: an active access token is described by its own claims, with Dex’s ext', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const claims = claimsOf(first, 'access_token');
    const answer = await introspect(harness, first.body['access_token']);
    expect(answer.body).toEqual({
      active: true,
      client_id: 'app',
      sub: claims['sub'],
      exp: claims['exp'],
      iat: claims['iat'],
      nbf: claims['iat'],
      username: 'jane',
      aud: 'app',
      iss: ISSUER,
      token_type: 'Bearer',
      token_use: 'access_token',
      scope: 'openid profile email offline_access',
      jti: claims['jti'],
      auth_time: claims['auth_time'],
      ext: { email: 'jane@example.com', email_verified: true, name: 'Jane Doe', preferred_username: 'jane' },
    });
  });

  it('RFC 7662 §2.2: an active refresh token has an exp only when it ends', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ scopes: ['openid', 'groups'] });
    const iat = Math.floor(harness.clock.now().getTime() / 1000);
    const answer = await introspect(harness, first.body['refresh_token']);
    expect(answer.body).toEqual({
      active: true,
      client_id: 'app',
      sub: claimsOf(first, 'id_token')['sub'],
      iat,
      nbf: iat,
      aud: 'app',
      iss: ISSUER,
      token_type: 'Bearer',
      token_use: 'refresh_token',
      scope: 'openid groups',
      ext: { groups: ['staff'] },
    });
  });

  it('the exp of a refresh token is the earlier of its idle and its absolute end', async () => {
    const refreshTokens = { ...rules, validIfNotUsedForSeconds: 100, absoluteLifetimeSeconds: 150 };
    const harness = await createHarness({ refreshTokens });
    const start = Math.floor(harness.clock.now().getTime() / 1000);
    const first = await harness.signIn();
    expect((await introspect(harness, first.body['refresh_token'])).body['exp']).toBe(start + 100);
    harness.clock.advance(90);
    const second = await harness.post('token', refreshForm(first));
    const { body } = await introspect(harness, second.body['refresh_token']);
    expect([body['exp'], body['iat']]).toEqual([start + 150, start + 90]);
  });

  it('one call of storage, and none for forged tokens', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    for (const name of ['access_token', 'refresh_token']) {
      const token = String(body[name]);
      harness.forget();
      await introspect(harness, token);
      expect(harness.storage.calls).toEqual(['findGrant']);
      harness.forget();
      inactive(await introspect(harness, `${token.slice(0, -4)}AAAA`));
      expect(harness.storage.calls).toEqual([]);
    }
  });

  it('token_type_hint is taken as a hint, also when it is wrong (RFC 7662 §2.1)', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['access_token']);
    for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
      expect((await harness.post('introspection', { token, token_type_hint })).body['active']).toBe(true);
    }
  });
});

describe('whom introspection tells', () => {
  it('N44: callers have to authenticate, and public clients are refused, with a secret too', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['access_token']);
    harness.forget();
    expect((await introspect(harness, token, {})).body['error']).toBe('invalid_client');
    expect((await introspect(harness, token, basicHeader('app', 'wrong'))).status).toBe(401);
    harness.clients.set('app', createClient('app', { isPublic: true }));
    expect((await introspect(harness, token, basicHeader('app', SECRET))).status).toBe(401);
    harness.clients.set('app', createClient('app', { isPublic: true, secrets: [] }));
    const named = await harness.post('introspection', { token, client_id: 'app' }, {});
    expect([named.status, named.body['error']]).toEqual([401, 'invalid_client']);
    expect(harness.storage.calls).toEqual([]);
  });

  it('N39, N73: to another client the token is just inactive, without a call', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    harness.forget();
    inactive(await introspect(harness, body['access_token'], asOther));
    expect(harness.storage.calls).toEqual([]);
    inactive(await introspect(harness, body['refresh_token'], asOther));
  });

  it('N39: an audience may see the access token, but never the refresh token', async () => {
    const harness = await createHarness();
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
    const { body } = await harness.signIn({ scopes: ['openid', 'audience:server:client_id:other'] });
    const seen = await introspect(harness, body['access_token'], asOther);
    expect(seen.body).toMatchObject({ active: true, aud: ['other', 'app'], client_id: 'app', ext: { azp: 'app' } });
    inactive(await introspect(harness, body['refresh_token'], asOther));
  });
});

describe('what is not active', () => {
  it('N81, N73: an ID token, a code and any other text are exactly {"active":false}', async () => {
    const harness = await createHarness();
    const code = harness.putCode();
    const { body } = await harness.signIn();
    for (const text of [body['id_token'], code, 'text', 'a.b.c', 'x'.repeat(16_384)]) {
      inactive(await introspect(harness, text));
    }
  });

  it('N22: every token of a revoked grant', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    await harness.post('revocation', { token: String(body['access_token']) });
    inactive(await introspect(harness, body['access_token']));
    inactive(await introspect(harness, body['refresh_token']));
  });

  it('an expired access token and a refresh token that is replaced, idle or past its end', async () => {
    const refreshTokens = { ...rules, validIfNotUsedForSeconds: 4000, absoluteLifetimeSeconds: 6000 };
    const harness = await createHarness({ refreshTokens });
    const first = await harness.signIn();
    const second = await harness.post('token', refreshForm(first));
    inactive(await introspect(harness, first.body['refresh_token']));
    expect((await introspect(harness, first.body['access_token'])).body['active']).toBe(true);
    harness.clock.advance(3600);
    inactive(await introspect(harness, first.body['access_token']));
    expect((await introspect(harness, second.body['refresh_token'])).body['active']).toBe(true);
    const third = await harness.post('token', refreshForm(second));
    harness.clock.advance(2400);
    inactive(await introspect(harness, third.body['refresh_token']));
    const idle = await harness.signIn();
    harness.clock.advance(4000);
    inactive(await introspect(harness, idle.body['refresh_token']));
  });

  it('N24: a refresh token that ends with its session, when the session is over', async () => {
    const harness = await createHarness();
    const endWithSession = { settings: { refreshTokens: { endWithSession: true } } };
    harness.clients.set('app', createClient('app', endWithSession));
    const first = await harness.signIn({ sessionId: 'gone' });
    inactive(await introspect(harness, first.body['refresh_token']));
    harness.clients.set('app', createClient('app'));
    const second = await harness.signIn({ sessionId: 'gone' });
    expect((await introspect(harness, second.body['refresh_token'])).body['active']).toBe(true);
  });

  it('N38: a token whose client is disabled meanwhile, without a call', async () => {
    const harness = await createHarness();
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
    const { body } = await harness.signIn({ scopes: ['openid', 'audience:server:client_id:other'] });
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    harness.forget();
    inactive(await introspect(harness, body['access_token'], asOther));
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('errors of introspection', () => {
  it('RFC 7662 §2.3: a missing or repeated token and parameters in the address are invalid_request', async () => {
    const harness = await createHarness();
    const headers = basicHeader('app', SECRET);
    const requests = [{ form: {} }, { form: 'token=a&token=b' }, { form: { token: 'a' }, query: 'token=a' }];
    for (const request of requests) {
      const answer = await harness.send('introspection', { ...request, headers });
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    }
  });

  it('a storage that does not answer is 503, never inactive', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    for (const name of ['access_token', 'refresh_token']) {
      expect((await introspect(harness, body[name])).status).toBe(503);
    }
  });
});
