import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { codeOf, createVerifier, post, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { APP, CALLBACK, CLI, OTHER } from '../support/system-config.ts';

const ADMIN_SUBJECT = Buffer.concat([
  Buffer.from([0x0a, 36]),
  Buffer.from('08a8684b-db88-4b73-90a9-3cd1661f5466'),
  Buffer.from([0x12, 5]),
  Buffer.from('local'),
]).toString('base64url');

describe.each(shapes)('$name', ({ issuer }) => {
  test('RFC 6749 §4.1.2, RFC 9207 §2, Session Management §2: the answer carries code, state, iss and session_state, and nothing else', async () => {
    const answer = await signIn({ issuer });
    expect([...answer.searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'session_state', 'state']);
    expect(answer.searchParams.get('iss')).toBe(issuer);
    expect(answer.searchParams.get('state')).toBe('some-state');
  });

  test('OIDC Core §3.1.3.3: tokens verify by the published keys and say what Dex says', async () => {
    const answer = await redeem(issuer, codeOf(await signIn({ issuer, parameters: { nonce: 'n-1' } })));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const jwks = createRemoteJWKSet(new URL(`${issuer}/keys`));
    const { payload } = await jwtVerify(String(answer.body['id_token']), jwks, { issuer, audience: APP.id });
    expect(payload).toMatchObject({
      sub: ADMIN_SUBJECT,
      nonce: 'n-1',
      email: 'admin@example.com',
      email_verified: true,
      groups: ['admins', 'developers'],
      name: 'Ada Admin',
      preferred_username: 'ada',
    });
    expect(payload['at_hash']).toBeTypeOf('string');
    const access = await jwtVerify(String(answer.body['access_token']), jwks, { issuer, typ: 'at+jwt' });
    expect(access.payload).toMatchObject({
      sub: ADMIN_SUBJECT,
      client_id: APP.id,
      scope: 'openid email profile groups offline_access',
    });
    expect(decodeProtectedHeader(String(answer.body['id_token'])).typ).toBe('JWT');
  });

  test('RFC 6749 §4.1.2, N15, N22: of 50 simultaneous redemptions one succeeds, and its tokens are revoked', async () => {
    const code = codeOf(await signIn({ issuer }));
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(issuer, code)));
    const successes = answers.filter(({ status }) => status === 200);
    const refusals = answers.filter(({ status, body }) => status === 400 && body['error'] === 'invalid_grant');
    expect([successes.length, refusals.length]).toEqual([1, 49]);
    const { access_token, refresh_token } = successes[0]?.body ?? {};
    expect((await refresh(issuer, String(refresh_token))).body['error']).toBe('invalid_grant');
    expect((await post(`${issuer}/token/introspect`, { token: String(access_token) })).body).toEqual({ active: false });
    const userinfo = await fetch(`${issuer}/userinfo`, {
      headers: { authorization: `Bearer ${String(access_token)}` },
    });
    expect([userinfo.status, userinfo.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
  });

  test('RFC 7636 §4.6, N30: a public client needs its verifier, and the right one', async () => {
    const redirectUri = 'http://127.0.0.1:43123/callback';
    const codeVerifier = createVerifier();
    const begin = { issuer, clientId: CLI.id, redirectUri, codeVerifier };
    const extra = { redirect_uri: redirectUri };
    const code = codeOf(await signIn(begin));
    expect((await redeem(issuer, code, extra, CLI)).body['error']).toBe('invalid_grant');
    expect((await redeem(issuer, code, { ...extra, code_verifier: createVerifier() }, CLI)).body['error']).toBe(
      'invalid_grant',
    );
    expect((await redeem(issuer, code, { ...extra, code_verifier: codeVerifier }, CLI)).status).toBe(200);
  });

  test('N21: a code works neither for another client nor with another redirect URI, and stays good for its own', async () => {
    const code = codeOf(await signIn({ issuer }));
    expect((await redeem(issuer, code, {}, OTHER)).body['error']).toBe('invalid_grant');
    expect((await redeem(issuer, code, { redirect_uri: `${CALLBACK}/more` })).body['error']).toBe('invalid_grant');
    expect((await redeem(issuer, code)).status).toBe(200);
  });

  test('RFC 6749 §6, N18, N19: rotation gives a successor, the same one within the reuse interval', async () => {
    const tokens = await signInForTokens({ issuer });
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(issuer, tokens.refresh_token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = new Set(answers.map(({ body }) => body['refresh_token']));
    expect(successors.size).toBe(1);
    const [successor] = successors;
    expect(successor).not.toBe(tokens.refresh_token);
    const next = await refresh(issuer, String(successor));
    expect(next.status).toBe(200);
    const before = decodeJwt(tokens.id_token);
    const after = decodeJwt(String(next.body['id_token']));
    for (const claim of ['iss', 'sub', 'aud', 'azp', 'auth_time']) expect(after[claim]).toEqual(before[claim]);
  });

  test('N19: a token replaced two generations ago revokes the family', async () => {
    const tokens = await signInForTokens({ issuer });
    const second = await refresh(issuer, tokens.refresh_token);
    const third = await refresh(issuer, String(second.body['refresh_token']));
    expect(third.status).toBe(200);
    expect((await refresh(issuer, tokens.refresh_token)).body['error']).toBe('invalid_grant');
    expect((await refresh(issuer, String(third.body['refresh_token']))).body['error']).toBe('invalid_grant');
  });

  test('RFC 6749 §6: a refresh may narrow the scope and never widen it', async () => {
    const tokens = await signInForTokens({ issuer, scope: 'openid email offline_access' });
    const wider = await refresh(issuer, tokens.refresh_token, { scope: 'openid email groups' });
    expect(wider.body['error']).toBe('invalid_scope');
    const narrower = await refresh(issuer, tokens.refresh_token, { scope: 'openid' });
    expect(narrower.status).toBe(200);
    expect(decodeJwt(String(narrower.body['id_token']))).not.toHaveProperty('email');
  });

  test('RFC 7009 §2.1: revoking the refresh token ends the access tokens, and another client cannot', async () => {
    const tokens = await signInForTokens({ issuer });
    const foreign = await post(`${issuer}/token/revoke`, { token: tokens.refresh_token }, OTHER);
    expect([foreign.status, foreign.body]).toEqual([200, {}]);
    expect((await post(`${issuer}/token/introspect`, { token: tokens.access_token })).body['active']).toBe(true);
    expect((await post(`${issuer}/token/revoke`, { token: tokens.refresh_token })).status).toBe(200);
    expect((await post(`${issuer}/token/introspect`, { token: tokens.access_token })).body).toEqual({ active: false });
    expect((await refresh(issuer, tokens.refresh_token)).body['error']).toBe('invalid_grant');
  });

  test('RFC 7662 §2.2, N39: introspection tells a client about its own tokens only', async () => {
    const tokens = await signInForTokens({ issuer });
    const own = await post(`${issuer}/token/introspect`, { token: tokens.access_token });
    expect(own.body).toMatchObject({ active: true, client_id: APP.id, sub: ADMIN_SUBJECT, token_use: 'access_token' });
    expect((await post(`${issuer}/token/introspect`, { token: tokens.access_token }, OTHER)).body).toEqual({
      active: false,
    });
    expect((await post(`${issuer}/token/introspect`, { token: tokens.id_token })).body).toEqual({ active: false });
  });

  test('OIDC Core §5.3 and §5.4: userinfo by GET and POST gives every standard claim of the scopes', async () => {
    const scope = 'openid profile email address phone groups';
    const answer = await redeem(issuer, codeOf(await signIn({ issuer, scope })));
    const token = String(answer.body['access_token']);
    const get = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    const claims = (await get.json()) as Record<string, unknown>;
    expect(claims).toMatchObject({
      sub: ADMIN_SUBJECT,
      given_name: 'Ada',
      address: { country: 'AT' },
      phone_number: '+43 1 234567',
    });
    const byForm = await fetch(`${issuer}/userinfo`, {
      method: 'POST',
      body: new URLSearchParams({ access_token: token }),
    });
    expect(await byForm.json()).toEqual(claims);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(decodeJwt(String(answer.body['id_token']))).not.toHaveProperty('given_name');
  });

  test('a token for another client is given where that client trusts this one', async () => {
    const scope = `openid audience:server:client_id:${OTHER.id}`;
    const answer = await redeem(issuer, codeOf(await signIn({ issuer, scope })));
    expect(decodeJwt(String(answer.body['id_token']))).toMatchObject({ aud: [OTHER.id, APP.id], azp: APP.id });
    const untrusted = await signIn({ issuer, clientId: OTHER.id, scope: `openid audience:server:client_id:${APP.id}` });
    expect(untrusted.searchParams.get('error')).toBe('invalid_scope');
  });
});
