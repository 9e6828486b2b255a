import { createFakeClock } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import type { EgressRequest, EgressResponse } from '@tessera/egress';
import { EgressError } from '@tessera/egress';
import { s256Challenge } from '@tessera/oauth';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { readOidcSettings } from './config.ts';
import { connectToUpstream } from './connector.ts';

const issuer = 'https://upstream.example';
const config: OidcConnectorConfig = {
  issuer,
  clientID: 'tess:era',
  clientSecret: 's&cret',
  redirectURI: 'https://id.example.com/callback',
  providerDiscoveryOverrides: {},
  scopes: ['profile', 'email'],
  rootCAs: [],
  insecureSkipVerify: false,
  insecureSkipEmailVerified: false,
  insecureEnableGroups: true,
  allowedGroups: [],
  acrValues: [],
  getUserInfo: false,
  userIDKey: 'sub',
  userNameKey: 'name',
  overrideClaimMapping: false,
  claimMapping: {},
  claimModifications: { newGroupFromClaims: [], filterGroupClaims: {}, modifyGroupNames: { prefix: '', suffix: '' } },
};
const person = { sub: 'j1', name: 'Jane', email: 'jane@example.com', email_verified: true };

let privateKey: CryptoKey;
let jwks: object;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] };
});

type Answer = object | number | 'down';

/** An upstream in memory: answers by path, and what it was asked. */
async function setUp(more: Partial<OidcConnectorConfig> = {}, document: Record<string, unknown> = {}) {
  const clock = createFakeClock();
  const asked: EgressRequest[] = [];
  const answers = new Map<string, Answer | ((request: EgressRequest) => Promise<Answer>)>([
    [
      '/.well-known/openid-configuration',
      {
        issuer,
        authorization_endpoint: `${issuer}/auth?tenant=1`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        userinfo_endpoint: `${issuer}/me`,
        code_challenge_methods_supported: ['plain', 'S256'],
        ...document,
      },
    ],
    ['/keys', jwks],
  ]);
  const client = {
    async send(request: EgressRequest): Promise<EgressResponse> {
      asked.push(request);
      const given = answers.get(new URL(request.url).pathname) ?? 404;
      const answer = typeof given === 'function' ? await given(request) : given;
      if (answer === 'down') throw new EgressError('unreachable', 'upstream.example cannot be reached');
      if (typeof answer === 'number') return { status: answer, mediaType: 'text/html', text: '<p>canary</p>' };
      const status = 'error' in answer ? 400 : 200;
      return { status, mediaType: 'application/json', text: JSON.stringify(answer) };
    },
    async close() {},
  };
  const connector = connectToUpstream({ settings: await readOidcSettings({ ...config, ...more }), client, clock });
  const { signIn, refresher, logout } = connector;
  if (signIn.kind !== 'callback' || refresher === undefined || logout === undefined) {
    throw new Error('oidc signs in by callback, refreshes and signs out');
  }
  const paths = () => asked.map(({ url }) => new URL(url).pathname);
  return { clock, asked, answers, paths, signIn, refresher, logout };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

async function idToken({ clock }: SetUp, claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000);
  return new SignJWT({ iss: issuer, aud: config.clientID, iat: now, exp: now + 300, ...person, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .sign(privateKey);
}

const offline = ['openid', 'offline_access'];

async function visit(upstream: SetUp, tokens: Record<string, unknown> = {}, claims: Record<string, unknown> = {}) {
  const { redirectUrl, data } = await upstream.signIn.begin({ state: 'st', scopes: offline });
  const nonce = new URL(redirectUrl).searchParams.get('nonce');
  const token = await idToken(upstream, { nonce, ...claims });
  upstream.answers.set('/token', { access_token: 'at', id_token: token, refresh_token: 'rt-1', ...tokens });
  return upstream.signIn.complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: offline });
}

test('OIDC Core §3.1.2.1, N55: a client that wants a fresh sign-in gets one from the upstream too', async () => {
  const promptFor = async (promptType: string | undefined, scopes: readonly string[]): Promise<string | null> => {
    const { signIn } = await setUp(promptType === undefined ? {} : { promptType });
    const { redirectUrl } = await signIn.begin({ state: 'st', scopes, needsFreshSignIn: true });
    return new URL(redirectUrl).searchParams.get('prompt');
  };
  expect(await promptFor(undefined, ['openid'])).toBe('login');
  expect(await promptFor(undefined, offline)).toBe('login consent');
  expect(await promptFor('none', offline)).toBe('login');
  expect(await promptFor('login', offline)).toBe('login');
});

test('OIDC Core §3.1.2.1, N55: whoever strips prompt=login from the address does not pass an old session off as a fresh sign-in', async () => {
  const upstream = await setUp();
  const signInAgo = async (seconds: number | undefined, needsFreshSignIn?: true) => {
    const { redirectUrl, data } = await upstream.signIn.begin({
      state: 'st',
      scopes: ['openid'],
      ...(needsFreshSignIn === undefined ? {} : { needsFreshSignIn }),
    });
    const nonce = new URL(redirectUrl).searchParams.get('nonce');
    const now = Math.floor(upstream.clock.now().getTime() / 1000);
    const id_token = await idToken(upstream, { nonce, ...(seconds !== undefined && { auth_time: now - seconds }) });
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

test('Two people whom an upstream gave one refresh token are not refreshed as one', async () => {
  const upstream = await setUp();
  const { identity } = await visit(upstream);
  const ofJane = JSON.stringify({ refreshToken: 'rt-same', subject: 'j1' });
  const ofEve = JSON.stringify({ refreshToken: 'rt-same', subject: 'e1' });
  upstream.answers.set('/token', { access_token: 'at', id_token: await idToken(upstream, {}) });
  const ask = (data: string) => upstream.refresher.refresh({ identity, data, scopes: offline });
  const [jane, eve] = await Promise.allSettled([ask(ofJane), ask(ofEve)]);
  expect(jane).toMatchObject({ status: 'fulfilled', value: { identity: { email: 'jane@example.com' } } });
  expect(eve).toMatchObject({ status: 'rejected', reason: { code: 'federation.user_gone' } });
});

test('OIDC Core §3.1.2.1: the visit carries scope, state, nonce, S256 challenge, prompt and login hint', async () => {
  const { signIn } = await setUp({ acrValues: ['a', 'b'] });
  const { redirectUrl, data } = await signIn.begin({ state: 'st', scopes: offline, loginHint: 'jane' });
  const url = new URL(redirectUrl);
  const { nonce, codeVerifier } = JSON.parse(data) as { nonce: string; codeVerifier: string };
  expect(`${url.origin}${url.pathname}`).toBe(`${issuer}/auth`);
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
    const { redirectUrl } = await (await setUp(more)).signIn.begin({ state: 'st', scopes });
    return new URL(redirectUrl).searchParams.get('prompt');
  };
  expect(await promptOf({}, ['openid'])).toBeNull();
  expect(await promptOf({ promptType: 'login' }, offline)).toBe('login');
  expect(await promptOf({ promptType: '' }, offline)).toBeNull();
});

test('RFC 7636 §4.2: the configuration decides about PKCE, then what the upstream offers', async () => {
  const methodOf = async (more: Partial<OidcConnectorConfig>, offered: unknown) => {
    const { signIn } = await setUp(more, { code_challenge_methods_supported: offered });
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
  const upstream = await setUp();
  const { identity, data } = await visit(upstream, {}, { groups: ['g'] });
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
    const upstream = await setUp(more, document);
    await visit(upstream);
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
  await expect(visit(await setUp(), {}, { nonce: 'other' })).rejects.toMatchObject({
    code: 'federation.invalid_callback',
  });
});

test('A visit that was not begun here, or whose code the upstream refuses, is no answer', async () => {
  const upstream = await setUp();
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
  const upstream = await setUp({ getUserInfo: true });
  upstream.answers.set('/me', { sub: 'j1', name: 'Jane of userinfo', groups: ['g'] });
  expect((await visit(upstream)).identity).toMatchObject({ username: 'Jane of userinfo', groups: ['g'] });
  expect(upstream.asked.at(-1)?.headers?.['authorization']).toBe('Bearer at');
  upstream.answers.set('/me', { sub: 'somebody-else' });
  await expect(visit(upstream)).rejects.toThrow('somebody else');
});

test('OIDC Discovery §4.3: a document of another issuer is refused, except for the alias', async () => {
  const alias = 'https://alias.example';
  const begin = async (more: Partial<OidcConnectorConfig>, document: Record<string, unknown>) =>
    (await setUp(more, document)).signIn.begin({ state: 'st', scopes: [] });
  await expect(begin({}, { issuer: alias })).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
  await expect(begin({}, { token_endpoint: undefined })).rejects.toThrow('token_endpoint');
  expect((await begin({ issuerAlias: alias }, { issuer: alias })).redirectUrl).toContain(issuer);
  const providerDiscoveryOverrides = { authURL: 'https://override.example/auth' };
  expect((await begin({ providerDiscoveryOverrides }, {})).redirectUrl).toMatch(/^https:\/\/override\.example\/auth\?/);
});

test('Discovery and keys are kept for an hour; an upstream that is down is asked again by the next sign-in', async () => {
  const upstream = await setUp();
  const document = upstream.answers.get('/.well-known/openid-configuration') ?? 404;
  for (const answer of ['down', 503, 429] as const) {
    upstream.answers.set('/.well-known/openid-configuration', answer);
    const attempt = upstream.signIn.begin({ state: 'st', scopes: [] });
    await expect(attempt).rejects.toMatchObject({ code: 'federation.upstream_unavailable', kind: 'unavailable' });
    await expect(attempt).rejects.not.toThrow('canary');
  }
  upstream.answers.set('/.well-known/openid-configuration', document);
  upstream.asked.length = 0;
  await visit(upstream);
  await visit(upstream);
  expect(upstream.paths()).toEqual(['/.well-known/openid-configuration', '/token', '/keys', '/token']);
  upstream.clock.advance(3601);
  await visit(upstream);
  expect(upstream.paths().slice(4)).toEqual(['/.well-known/openid-configuration', '/token', '/keys']);
});

test('N78: an unknown kid makes the keys be read again, but not more often than every half minute', async () => {
  const upstream = await setUp();
  await visit(upstream);
  const forged = async () => {
    const { data } = await upstream.signIn.begin({ state: 'st', scopes: [] });
    const token = await new SignJWT(person).setProtectedHeader({ alg: 'ES256', kid: 'new' }).sign(privateKey);
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

test('RFC 6749 §6: a refresh keeps the upstream’s new refresh token, or the old one when there is none', async () => {
  const upstream = await setUp();
  const { identity, data } = await visit(upstream);
  const refresh = (kept: string) => upstream.refresher.refresh({ identity, data: kept, scopes: offline });
  upstream.answers.set('/token', {
    access_token: 'at',
    refresh_token: 'rt-2',
    id_token: await idToken(upstream, { name: 'J' }),
  });
  const second = await refresh(data);
  expect(second.identity.username).toBe('J');
  expect(JSON.parse(second.data)).toEqual({ refreshToken: 'rt-2', subject: 'j1' });
  upstream.answers.set('/token', { access_token: 'at' });
  const third = await refresh(second.data);
  expect(third).toEqual({ identity, data: second.data });
  expect(Object.fromEntries(upstream.asked.at(-1)?.form ?? [])).toMatchObject({
    grant_type: 'refresh_token',
    refresh_token: 'rt-2',
  });
});

test('A refresh ends when the upstream refuses its token or answers about somebody else, and not when it is down', async () => {
  const upstream = await setUp();
  const { identity, data } = await visit(upstream);
  const refresh = () => upstream.refresher.refresh({ identity, data, scopes: offline });
  upstream.answers.set('/token', { error: 'invalid_grant' });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.user_gone', kind: 'not_found' });
  upstream.answers.set('/token', { access_token: 'at', id_token: await idToken(upstream, { sub: 'other' }) });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.user_gone' });
  upstream.answers.set('/token', 'down');
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.upstream_unavailable' });
  upstream.answers.set('/token', { access_token: 'at', id_token: 'no token' });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
});

test('Without an upstream refresh token nobody is asked and the person stays as they were', async () => {
  const upstream = await setUp();
  const { identity, data } = await visit(upstream, { refresh_token: undefined });
  const before = upstream.asked.length;
  expect(data).toBe('');
  expect(await upstream.refresher.refresh({ identity, data, scopes: offline })).toEqual({ identity, data });
  expect(upstream.asked).toHaveLength(before);
});

test('Two refreshes at one time with one upstream refresh token make one upstream call', async () => {
  const upstream = await setUp();
  const { identity, data } = await visit(upstream);
  const before = upstream.asked.length;
  const gate = Promise.withResolvers<Answer>();
  upstream.answers.set('/token', () => gate.promise);
  const both = Promise.all([1, 2].map(() => upstream.refresher.refresh({ identity, data, scopes: offline })));
  gate.resolve({ access_token: 'at', refresh_token: 'rt-2' });
  const [first, second] = await both;
  expect(upstream.asked).toHaveLength(before + 1);
  expect(first).toEqual(second);
  expect(first?.data).toContain('rt-2');
});

test('N45: a redirect of the token endpoint is an error, not followed', async () => {
  const upstream = await setUp();
  const { data } = await upstream.signIn.begin({ state: 'st', scopes: [] });
  upstream.answers.set('/token', 302);
  const attempt = upstream.signIn.complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: [] });
  await expect(attempt).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
});

test('OIDC RP-Initiated Logout §2: the ID token is kept for the sign-out where the upstream has one, and renewed with it', async () => {
  const upstream = await setUp({}, { end_session_endpoint: `${issuer}/bye?tenant=1` });
  const { identity, data } = await visit(upstream, { refresh_token: undefined });
  const kept = JSON.parse(data) as { idToken: string };
  expect(kept).toEqual({ subject: 'j1', idToken: expect.stringMatching(/^eyJ/) });
  const request = { returnUrl: 'https://id.example.com/back?a=b', state: 's&t' };
  const url = new URL((await upstream.logout.beginLogout({ ...request, data })) ?? '');
  expect(`${url.origin}${url.pathname}`).toBe(`${issuer}/bye`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    tenant: '1',
    id_token_hint: kept.idToken,
    client_id: 'tess:era',
    post_logout_redirect_uri: 'https://id.example.com/back?a=b',
    state: 's&t',
  });
  // Without a refresh token of the upstream the person and what was kept stay.
  expect(await upstream.refresher.refresh({ identity, data, scopes: offline })).toEqual({ identity, data });
  const renewing = await visit(upstream);
  const newer = await idToken(upstream, { iat: 1 });
  upstream.answers.set('/token', { access_token: 'at', id_token: newer });
  const refreshed = await upstream.refresher.refresh({ ...renewing, scopes: offline });
  expect(JSON.parse(refreshed.data)).toEqual({ refreshToken: 'rt-1', subject: 'j1', idToken: newer });
});

test('OIDC RP-Initiated Logout §2.1: the configuration replaces the place, and where there is none nobody is sent', async () => {
  const request = { data: '', returnUrl: 'https://id.example.com/back', state: 's' };
  const endSessionURL = 'https://override.example/bye';
  const overridden = await setUp({ providerDiscoveryOverrides: { endSessionURL } }, { end_session_endpoint: issuer });
  expect(await overridden.logout.beginLogout(request)).toMatch(/^https:\/\/override\.example\/bye\?client_id=/);
  const none = await setUp();
  expect(await none.logout.beginLogout(request)).toBeUndefined();
  expect((await visit(none, { refresh_token: undefined })).data).toBe('');
  const down = await setUp();
  down.answers.set('/.well-known/openid-configuration', 'down');
  await expect(down.logout.beginLogout(request)).rejects.toMatchObject({ code: 'federation.upstream_unavailable' });
});
