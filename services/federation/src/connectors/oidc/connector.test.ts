import type { OidcConnectorConfig } from '@tessera/config';
import { s256Challenge } from '@tessera/oauth';
import { expect, test } from 'vitest';
import { createFakeUpstream, offline } from './testing/fake-upstream.ts';
import { UPSTREAM_ISSUER } from './testing/sample-upstream.ts';

test('OIDC Core §3.1.2.1, N55: a client that wants a fresh sign-in gets one from the upstream too', async () => {
  const promptFor = async (promptType: string | undefined, scopes: readonly string[]): Promise<string | null> => {
    const { signIn } = await createFakeUpstream(promptType === undefined ? {} : { promptType });
    const { redirectUrl } = await signIn.begin({ state: 'st', scopes, needsFreshSignIn: true });
    return new URL(redirectUrl).searchParams.get('prompt');
  };
  expect(await promptFor(undefined, ['openid'])).toBe('login');
  expect(await promptFor(undefined, offline)).toBe('login consent');
  expect(await promptFor('none', offline)).toBe('login');
  expect(await promptFor('login', offline)).toBe('login');
});

test('OIDC Core §3.1.2.1, N55: whoever strips prompt=login from the address does not pass an old session off as a fresh sign-in', async () => {
  const upstream = await createFakeUpstream();
  const signInAgo = async (seconds: number | undefined, needsFreshSignIn?: true) => {
    const { redirectUrl, data } = await upstream.signIn.begin({
      state: 'st',
      scopes: ['openid'],
      ...(needsFreshSignIn === undefined ? {} : { needsFreshSignIn }),
    });
    const nonce = new URL(redirectUrl).searchParams.get('nonce');
    const now = Math.floor(upstream.clock.now().getTime() / 1000);
    const id_token = await upstream.idToken({ nonce, ...(seconds !== undefined && { auth_time: now - seconds }) });
    upstream.answers.set('/token', { access_token: 'at', id_token });
    return upstream.signIn.complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: ['openid'] });
  };
  await expect(signInAgo(3600, true)).rejects.toMatchObject({ code: 'federation.invalid_callback' });
  expect((await signInAgo(0, true)).identity.userId).toBe('j1');
  // A clock that lags a little, an upstream that does not say when, and a client that does not mind.
  expect((await signInAgo(30, true)).identity.userId).toBe('j1');
  expect((await signInAgo(undefined, true)).identity.userId).toBe('j1');
  expect((await signInAgo(3600)).identity.userId).toBe('j1');
});

test('OIDC Core §3.1.2.1: the visit carries scope, state, nonce, S256 challenge, prompt and login hint', async () => {
  const { signIn } = await createFakeUpstream({ acrValues: ['a', 'b'] });
  const { redirectUrl, data } = await signIn.begin({ state: 'st', scopes: offline, loginHint: 'jane' });
  const url = new URL(redirectUrl);
  const { nonce, codeVerifier } = JSON.parse(data) as { nonce: string; codeVerifier: string };
  expect(`${url.origin}${url.pathname}`).toBe(`${UPSTREAM_ISSUER}/auth`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    tenant: '1',
    response_type: 'code',
    client_id: 'tess:era',
    redirect_uri: 'https://id.example.com/callback',
    scope: 'openid profile email',
    state: 'st',
    nonce,
    login_hint: 'jane',
    acr_values: 'a b',
    access_type: 'offline',
    prompt: 'consent',
    code_challenge: s256Challenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  expect(redirectUrl).not.toContain(codeVerifier);
  expect(JSON.parse((await signIn.begin({ state: 'st', scopes: [] })).data)).not.toEqual({ nonce, codeVerifier });
});

test('prompt is sent for offline access only, and promptType changes it or leaves it out', async () => {
  const promptOf = async (more: Partial<OidcConnectorConfig>, scopes: readonly string[]) => {
    const { redirectUrl } = await (await createFakeUpstream(more)).signIn.begin({ state: 'st', scopes });
    return new URL(redirectUrl).searchParams.get('prompt');
  };
  expect(await promptOf({}, ['openid'])).toBeNull();
  expect(await promptOf({ promptType: 'login' }, offline)).toBe('login');
  expect(await promptOf({ promptType: '' }, offline)).toBeNull();
});

test('RFC 7636 §4.2: the configuration decides about PKCE, then what the upstream offers', async () => {
  const methodOf = async (more: Partial<OidcConnectorConfig>, offered: unknown) => {
    const { signIn } = await createFakeUpstream(more, { code_challenge_methods_supported: offered });
    return new URL((await signIn.begin({ state: 'st', scopes: [] })).redirectUrl).searchParams.get(
      'code_challenge_method',
    );
  };
  expect(await methodOf({}, undefined)).toBeNull();
  expect(await methodOf({ pkceChallenge: 'S256' }, undefined)).toBe('S256');
  expect(await methodOf({ pkceChallenge: 'plain' }, ['S256'])).toBe('plain');
  expect(await methodOf({}, ['plain'])).toBe('plain');
});

test('RFC 6749 §4.1.3: the code is exchanged with our credentials, form-encoded in the header, and the verifier', async () => {
  const upstream = await createFakeUpstream();
  const { identity, data } = await upstream.visit({}, { groups: ['g'] });
  expect(identity).toMatchObject({ userId: 'j1', username: 'Jane', groups: ['g'] });
  expect(JSON.parse(data)).toEqual({ refreshToken: 'rt-1', subject: 'j1' });
  const exchange = upstream.asked.find(({ url }) => url.endsWith('/token'));
  expect(exchange?.headers?.['authorization']).toBe(`Basic ${Buffer.from('tess%3Aera:s%26cret').toString('base64')}`);
  expect(Object.fromEntries(exchange?.form ?? [])).toMatchObject({
    grant_type: 'authorization_code',
    code: 'c',
    redirect_uri: 'https://id.example.com/callback',
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('RFC 6749 §2.3.1: the secret goes into the form when the configuration or the upstream wants it so', async () => {
  const formOf = async (more: Partial<OidcConnectorConfig>, document: Record<string, unknown> = {}) => {
    const upstream = await createFakeUpstream(more, document);
    await upstream.visit();
    const exchange = upstream.asked.find(({ url }) => url.endsWith('/token'));
    expect(exchange?.headers?.['authorization'] === undefined).toBe(exchange?.form?.has('client_id'));
    return exchange?.form?.get('client_secret');
  };
  const onlyPost = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
  expect(await formOf({})).toBeNull();
  expect(await formOf({ basicAuthUnsupported: true })).toBe('s&cret');
  expect(await formOf({}, onlyPost)).toBe('s&cret');
  expect(await formOf({ basicAuthUnsupported: false }, onlyPost)).toBeNull();
});

test('N26, N79: a token with the nonce of another visit is refused', async () => {
  await expect((await createFakeUpstream()).visit({}, { nonce: 'other' })).rejects.toMatchObject({
    code: 'federation.invalid_callback',
  });
});

test('A visit that was not begun here, or whose code the upstream refuses, is no answer', async () => {
  const upstream = await createFakeUpstream();
  const back = { state: 'st', parameters: 'code=c&state=st', scopes: [] };
  await expect(upstream.signIn.complete({ ...back, data: '' })).rejects.toMatchObject({
    code: 'federation.invalid_callback',
  });
  const { data } = await upstream.signIn.begin({ state: 'st', scopes: [] });
  upstream.answers.set('/token', { error: 'invalid_grant', error_description: 'canary' });
  await expect(upstream.signIn.complete({ ...back, data })).rejects.toMatchObject({
    code: 'federation.invalid_callback',
  });
  upstream.answers.set('/token', { error: 'invalid_client', error_description: 'canary' });
  await expect(upstream.signIn.complete({ ...back, data })).rejects.toThrow('refuses with 400: invalid_client');
  upstream.answers.set('/token', 500);
  await expect(upstream.signIn.complete({ ...back, data })).rejects.toMatchObject({
    code: 'federation.upstream_unavailable',
  });
});

test('OIDC Core §5.3.2: userinfo adds claims, and must be about the same person', async () => {
  const upstream = await createFakeUpstream({ getUserInfo: true });
  upstream.answers.set('/me', { sub: 'j1', name: 'Jane of userinfo', groups: ['g'] });
  expect((await upstream.visit()).identity).toMatchObject({ username: 'Jane of userinfo', groups: ['g'] });
  expect(upstream.asked.at(-1)?.headers?.['authorization']).toBe('Bearer at');
  upstream.answers.set('/me', { sub: 'somebody-else' });
  await expect(upstream.visit()).rejects.toThrow('somebody else');
});

test('OIDC Discovery §4.3: a document of another issuer is refused, except for the alias', async () => {
  const alias = 'https://alias.example';
  const begin = async (more: Partial<OidcConnectorConfig>, document: Record<string, unknown>) =>
    (await createFakeUpstream(more, document)).signIn.begin({ state: 'st', scopes: [] });
  await expect(begin({}, { issuer: alias })).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
  await expect(begin({}, { token_endpoint: undefined })).rejects.toThrow('token_endpoint');
  expect((await begin({ issuerAlias: alias }, { issuer: alias })).redirectUrl).toContain(UPSTREAM_ISSUER);
  const providerDiscoveryOverrides = { authURL: 'https://override.example/auth' };
  expect((await begin({ providerDiscoveryOverrides }, {})).redirectUrl).toMatch(/^https:\/\/override\.example\/auth\?/);
});

test('Discovery and keys are kept for an hour; an upstream that is down is asked again by the next sign-in', async () => {
  const upstream = await createFakeUpstream();
  const document = upstream.answers.get('/.well-known/openid-configuration') ?? 404;
  for (const answer of ['down', 503, 429] as const) {
    upstream.answers.set('/.well-known/openid-configuration', answer);
    const attempt = upstream.signIn.begin({ state: 'st', scopes: [] });
    await expect(attempt).rejects.toMatchObject({ code: 'federation.upstream_unavailable', kind: 'unavailable' });
    await expect(attempt).rejects.not.toThrow('canary');
  }
  upstream.answers.set('/.well-known/openid-configuration', document);
  upstream.asked.length = 0;
  await upstream.visit();
  await upstream.visit();
  expect(upstream.paths()).toEqual(['/.well-known/openid-configuration', '/token', '/keys', '/token']);
  upstream.clock.advance(3601);
  await upstream.visit();
  expect(upstream.paths().slice(4)).toEqual(['/.well-known/openid-configuration', '/token', '/keys']);
});

test('N78: an unknown kid makes the keys be read again, but not more often than every half minute', async () => {
  const upstream = await createFakeUpstream();
  await upstream.visit();
  const forged = async () => {
    const { data } = await upstream.signIn.begin({ state: 'st', scopes: [] });
    const token = await upstream.idToken({}, 'new');
    upstream.answers.set('/token', { access_token: 'at', id_token: token });
    await upstream.signIn
      .complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: [] })
      .catch(() => undefined);
  };
  const loads = () => upstream.paths().filter((path) => path === '/keys').length;
  await forged();
  expect(loads()).toBe(1);
  upstream.clock.advance(31);
  await forged();
  await forged();
  expect(loads()).toBe(2);
});

test('N45: a redirect of the token endpoint is an error, not followed', async () => {
  const upstream = await createFakeUpstream();
  const { data } = await upstream.signIn.begin({ state: 'st', scopes: [] });
  upstream.answers.set('/token', 302);
  const attempt = upstream.signIn.complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: [] });
  await expect(attempt).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
});
