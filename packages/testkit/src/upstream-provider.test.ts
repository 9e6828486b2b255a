import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUserAgent, type UserAgent } from './http-agent.ts';
import { startUpstreamProvider, type UpstreamProvider } from './upstream-provider.ts';

const REDIRECT_URI = 'http://127.0.0.1:9/callback';
const CLIENT = { id: 'tessera', secret: randomBytes(32).toString('hex'), redirectUris: [REDIRECT_URI] };
const JANE = {
  login: 'jane',
  subject: 'jane-subject',
  password: 'jane-password',
  email: 'janedoe@example.com',
  emailVerified: true,
  name: 'Jane Doe',
  preferredUsername: 'jane',
  groups: ['admins', 'developers'],
};
const JOHN = { login: 'john', subject: 'john-subject' };

let provider: UpstreamProvider;
beforeAll(async () => {
  provider = await startUpstreamProvider({ clients: [CLIENT], accounts: [JANE, JOHN] });
});
afterAll(() => provider.close());

function signIn(agent: UserAgent, verifier: string, more: Record<string, string> = {}) {
  const url = new URL('/auth', provider.issuer);
  url.search = new URLSearchParams({
    client_id: CLIENT.id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid email profile groups',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  }).toString();
  return agent.get(url);
}

async function requestToken(parameters: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}` },
    body: new URLSearchParams(parameters),
  });
  return (await response.json()) as Record<string, string>;
}

function redeem(redirected: URL, verifier: string): Promise<Record<string, string>> {
  return requestToken({
    grant_type: 'authorization_code',
    code: redirected.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  });
}

function claimsOf(idToken: string | undefined): unknown {
  return JSON.parse(Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString());
}

const newVerifier = () => randomBytes(32).toString('base64url');
const newAgent = () => createUserAgent({ stopAt: REDIRECT_URI });

test('OIDC Core §3.1: an account named by login_hint is signed in at once, with its claims in the ID token', async () => {
  const verifier = newVerifier();
  const before = provider.requests();
  const page = await signIn(newAgent(), verifier, { login_hint: 'jane' });
  expect(page.isStopped).toBe(true);
  expect(page.url.searchParams.get('state')).toBe('the-state');
  const tokens = await redeem(page.url, verifier);
  expect(claimsOf(tokens['id_token'])).toMatchObject({
    iss: provider.issuer,
    sub: 'jane-subject',
    aud: 'tessera',
    email: 'janedoe@example.com',
    email_verified: true,
    name: 'Jane Doe',
    preferred_username: 'jane',
    groups: ['admins', 'developers'],
  });
  const after = provider.requests();
  expect(after.token - before.token).toBe(1);
  expect(after.interaction - before.interaction).toBe(1);
  // The request itself, and the return from the interaction.
  expect(after.authorization - before.authorization).toBe(2);
});

test('Without a hint there is a form: a wrong password shows it again, the right one signs in', async () => {
  const agent = newAgent();
  const verifier = newVerifier();
  const page = await signIn(agent, verifier);
  const wrong = await agent.submit(page.form('login'), { fields: { login: 'jane', password: 'wrong' } });
  expect(wrong.status).toBe(401);
  const right = await agent.submit(wrong.form('login'), { fields: { login: 'jane', password: JANE.password } });
  expect(claimsOf((await redeem(right.url, verifier))['id_token'])).toMatchObject({ sub: 'jane-subject' });
});

test('OIDC Core §3.1.2.6: a person who cancels sends the client access_denied', async () => {
  const agent = newAgent();
  const page = await signIn(agent, newVerifier());
  const cancelled = await agent.submit(page.form('login'), { button: 'Cancel' });
  expect(cancelled.url.searchParams.get('error')).toBe('access_denied');
});

test('RFC 7636 §4.6: a wrong verifier is refused', async () => {
  const page = await signIn(newAgent(), newVerifier(), { login_hint: 'jane' });
  expect(await redeem(page.url, newVerifier())).toMatchObject({ error: 'invalid_grant' });
});

test('RFC 6749 §6: a refresh token works once, and not at all once its account is removed', async () => {
  provider.setAccount({ login: 'guest', subject: 'guest-subject' });
  const verifier = newVerifier();
  const page = await signIn(newAgent(), verifier, { login_hint: 'guest' });
  const refresh = (token: string | undefined) =>
    requestToken({ grant_type: 'refresh_token', refresh_token: token ?? '' });
  const first = await redeem(page.url, verifier);
  const second = await refresh(first['refresh_token']);
  expect(second['refresh_token']).not.toBe(first['refresh_token']);
  provider.removeAccount('guest');
  expect(await refresh(second['refresh_token'])).toMatchObject({ error: 'invalid_grant' });

  const janes = newVerifier();
  const jane = await redeem((await signIn(newAgent(), janes, { login_hint: 'jane' })).url, janes);
  const used = await refresh(jane['refresh_token']);
  expect(await refresh(jane['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
  expect(await refresh(used['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
});

test('autoLogin signs an account in without a hint', async () => {
  await using automatic = await startUpstreamProvider({ clients: [CLIENT], accounts: [JOHN], autoLogin: 'john' });
  const url = new URL('/auth', automatic.issuer);
  url.search = new URLSearchParams({
    client_id: CLIENT.id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid offline_access',
  }).toString();
  expect((await newAgent().get(url)).url.searchParams.has('code')).toBe(true);
});

test('A stopped provider refuses connections, and keeps its keys and port for the next start', async () => {
  const jwks = async () => (await fetch(`${provider.issuer}/jwks`)).text();
  const before = await jwks();
  await provider.stop();
  await expect(jwks()).rejects.toThrow('fetch failed');
  await provider.start();
  expect(await jwks()).toBe(before);
});
