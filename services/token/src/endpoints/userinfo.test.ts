import { unavailable } from '@tessera/errors';
import { describe, expect, it } from 'vitest';
import { claimsOf, createClient, createHarness, ISSUER, refreshForm } from '../testing/harness.ts';
import type { TestAnswer } from '../testing/request.ts';

const REALM = `Bearer realm="${ISSUER}"`;

function bearer(token: unknown): { authorization: string } {
  return { authorization: `Bearer ${String(token)}` };
}

function invalid(answer: TestAnswer): void {
  const description = 'The access token is invalid, expired or revoked.';
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({ error: 'invalid_token', error_description: description });
  expect(answer.headers['www-authenticate']).toBe(
    `${REALM}, error="invalid_token", error_description="${description}"`,
  );
}

describe('the userinfo endpoint', () => {
  it('OIDC Core §5.3.1: answers GET with header, POST with header, and POST with the token in the form', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const token = String(first.body['access_token']);
    const expected = {
      sub: claimsOf(first, 'id_token')['sub'],
      name: 'Jane Doe',
      preferred_username: 'jane',
      given_name: 'Jane',
      email: 'jane@example.com',
      email_verified: true,
    };
    const requests = [
      { method: 'GET', headers: bearer(token) },
      { method: 'GET', headers: { authorization: `bearer ${token}` } },
      { method: 'POST', headers: bearer(token) },
      { method: 'POST', headers: { ...bearer(token), 'content-type': 'application/json' } },
      { method: 'POST', form: {}, headers: bearer(token) },
      { method: 'POST', form: { access_token: token } },
    ] as const;
    for (const request of requests) {
      const answer = await harness.send('userinfo', request);
      expect([answer.status, answer.body]).toEqual([200, expected]);
      expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    }
  });

  it('OIDC Core §5.4: only claims of the token’s scopes are told, as they are since the last refresh', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    const narrow = await harness.post('token', { ...refreshForm(first), scope: 'openid email' });
    const answer = await harness.send('userinfo', { method: 'GET', headers: bearer(narrow.body['access_token']) });
    expect(Object.keys(answer.body).sort()).toEqual(['email', 'email_verified', 'sub']);
    const wide = await harness.send('userinfo', { method: 'GET', headers: bearer(first.body['access_token']) });
    expect(wide.body['name']).toBe('Jane Smith');
  });

  it('one call of storage for a good token, none for a forged one', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['access_token']);
    harness.forget();
    await harness.send('userinfo', { method: 'GET', headers: bearer(token) });
    expect([harness.storage.calls, harness.signer.calls]).toEqual([['findGrant'], []]);
    harness.forget();
    invalid(await harness.send('userinfo', { method: 'GET', headers: bearer(`${token.slice(0, -4)}AAAA`) }));
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6750 §3.1: without a token the challenge has no error code', async () => {
    const harness = await createHarness();
    const requests = [
      { method: 'GET' },
      { method: 'POST' },
      { method: 'POST', form: {} },
      { method: 'GET', headers: { authorization: 'Basic YTpi' } },
    ] as const;
    for (const request of requests) {
      const answer = await harness.send('userinfo', request);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, REALM]);
      expect(answer.body['error']).toBe('invalid_token');
    }
  });

  it('RFC 6750 §2: the token twice, or in the address, is invalid_request', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['access_token']);
    harness.forget();
    const requests = [
      { method: 'POST', form: { access_token: token }, headers: bearer(token) },
      { method: 'POST', form: `access_token=${token}&access_token=${token}` },
      { method: 'GET', query: `access_token=${token}` },
      { method: 'GET', query: `access_token=${token}&access_token=${token}`, headers: bearer(token) },
    ] as const;
    for (const request of requests) {
      const answer = await harness.send('userinfo', request);
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
      expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('N81: ID tokens, refresh tokens and malformed or oversized text are invalid_token', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    harness.forget();
    const texts = [body['id_token'], body['refresh_token'], 'a b', '', '%', 'x'.repeat(20_000), '💥'];
    for (const text of texts) {
      invalid(await harness.send('userinfo', { method: 'GET', headers: bearer(text) }));
    }
    invalid(await harness.send('userinfo', { form: { access_token: 'x'.repeat(16_384) } }));
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6750 §3.1: an expired token is invalid_token', async () => {
    const harness = await createHarness();
    const headers = bearer((await harness.signIn()).body['access_token']);
    harness.clock.advance(3599);
    expect((await harness.send('userinfo', { method: 'GET', headers })).status).toBe(200);
    harness.clock.advance(1);
    invalid(await harness.send('userinfo', { method: 'GET', headers }));
  });

  it('N22, N38: a token whose grant is revoked, expired or gone, or whose client is disabled, is invalid_token', async () => {
    const limits = { disableRotation: false, reuseIntervalSeconds: 0, validIfNotUsedForSeconds: 0 };
    const harness = await createHarness({ refreshTokens: { ...limits, absoluteLifetimeSeconds: 60 } });
    const ask = async (first: TestAnswer) =>
      harness.send('userinfo', { method: 'GET', headers: bearer(first.body['access_token']) });

    const revoked = await harness.signIn();
    await harness.post('revocation', { token: String(revoked.body['refresh_token']) });
    invalid(await ask(revoked));

    const expired = await harness.signIn();
    harness.clock.advance(60);
    invalid(await ask(expired));

    const gone = await harness.signIn();
    harness.storage.grants.clear();
    invalid(await ask(gone));

    const disabled = await harness.signIn();
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    invalid(await ask(disabled));
  });

  it('RFC 6750 §3.1: a token without openid is 403 insufficient_scope', async () => {
    const harness = await createHarness();
    const narrow = await harness.post('token', { ...refreshForm(await harness.signIn()), scope: 'email' });
    const answer = await harness.send('userinfo', { method: 'GET', headers: bearer(narrow.body['access_token']) });
    expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
    expect(answer.headers['www-authenticate']).toMatch(/error="insufficient_scope".*scope="openid"$/);
  });

  it('a storage that does not answer is 503, not invalid_token', async () => {
    const harness = await createHarness();
    const headers = bearer((await harness.signIn()).body['access_token']);
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    expect((await harness.send('userinfo', { method: 'GET', headers })).status).toBe(503);
  });
});
