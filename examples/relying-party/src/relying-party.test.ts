import { afterEach, beforeEach, expect, test } from 'vitest';
import { optionsFrom } from './options.ts';
import { type RelyingParty, startRelyingParty } from './relying-party.ts';
import { type Browser, createBrowser } from './testing/browser.ts';
import { type FakeIssuer, startFakeIssuer } from './testing/fake-issuer.ts';

let issuer: FakeIssuer;
let app: RelyingParty;
let browser: Browser;

beforeEach(async () => {
  issuer = await startFakeIssuer();
  app = await startRelyingParty({
    issuer: issuer.issuer,
    clientId: 'app',
    clientSecret: 'secret',
    listen: '127.0.0.1:0',
  });
  browser = createBrowser(app.url);
});

afterEach(async () => {
  await app.close();
  await issuer[Symbol.asyncDispose]();
});

test('OIDC Core §3.1: a person signs in with code, PKCE, state and nonce, and sees what every token says', async () => {
  expect((await browser.get(app.url)).text).toContain('Sign in');
  const page = await browser.post(`${app.url}/login`, { scope: ['profile', 'offline_access', 'unheard-of'] });
  expect([page.url, page.status]).toEqual([`${app.url}/`, 200]);
  expect(page.text).toContain('Hello, &lt;b&gt;Ada&lt;/b&gt;');
  for (const words of ['ID token', 'Access token', 'Userinfo', 'given_name', 'person-1', 'Refresh'])
    expect(page.text).toContain(words);
  expect(page.text).not.toContain('<b>Ada</b>');
});

test('Refresh, introspection, revocation and sign-out each show what came of them', async () => {
  await browser.post(`${app.url}/login`, { scope: 'offline_access' });
  expect((await browser.post(`${app.url}/refresh`)).text).toContain('Refreshed');
  expect((await browser.post(`${app.url}/introspect`, { token: 'refresh_token' })).text).toContain(
    '&quot;active&quot;: true',
  );
  expect((await browser.post(`${app.url}/revoke`)).text).toContain('Revoked');
  expect([...issuer.revoked]).toEqual([expect.stringMatching(/^refresh-/)]);
  expect((await browser.post(`${app.url}/introspect`, { token: 'refresh_token' })).text).toContain(
    '&quot;active&quot;: false',
  );
  const refused = await browser.post(`${app.url}/refresh`);
  expect(refused.text).toContain('Sign in again. (invalid_grant)');
  expect(refused.text).toContain('Hello, ');
  expect((await browser.post(`${app.url}/signout`)).text).toContain('does not know you yet');
});

test('RFC 6750 §3.1: an access token that the issuer does not accept any more is told as that', async () => {
  await browser.post(`${app.url}/login`);
  issuer.behaviour.isTokenRefused = true;
  const page = await browser.get(app.url);
  expect(page.text).toContain('It does not accept the access token any more');
  expect(page.text).toContain('Hello, ');
});

test('RFC 6749 §4.1.2.1: refused consent is told kindly, with a way back and nothing of the answer as markup', async () => {
  issuer.behaviour.refusal = 'access_denied';
  const page = await browser.post(`${app.url}/login`);
  expect([page.status, page.text.includes('You are not signed in')]).toEqual([403, true]);
  expect(page.text).toContain('href="/"');
  expect(page.text).not.toContain('<script>');
});

test('OIDC Core §3.1.3.7: an ID token with another nonce signs nobody in', async () => {
  issuer.behaviour.nonce = 'another';
  expect((await browser.post(`${app.url}/login`)).status).toBe(502);
  expect((await browser.get(app.url)).text).toContain('does not know you yet');
});

test('RFC 6749 §10.12: an answer that this browser did not ask for signs nobody in, and none is taken twice', async () => {
  const stranger = await browser.get(`${app.url}/callback?code=x&state=y`);
  expect([stranger.status, stranger.text.includes('cannot be finished here')]).toEqual([400, true]);
  const other = createBrowser(app.url);
  expect((await other.get(await startedElsewhere())).status).toBe(400);
  await browser.post(`${app.url}/login`);
  const answer = browser.visited.find((url) => url.includes('/callback?')) ?? '';
  expect((await browser.get(answer)).status).toBe(400);
});

/** The callback address of a sign-in that was begun without keeping its cookie. */
async function startedElsewhere(): Promise<string> {
  const begun = await fetch(`${app.url}/login`, { method: 'POST', redirect: 'manual', body: new URLSearchParams() });
  const asked = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
  const answer = asked.headers.get('location') ?? '';
  expect(answer).toContain('/callback?');
  return answer;
}

test('An issuer that is down is a page that says so, and works again when it is back', async () => {
  const port = Number(new URL(issuer.issuer).port);
  await issuer[Symbol.asyncDispose]();
  const page = await browser.post(`${app.url}/login`);
  expect([page.status, page.text.includes('does not answer')]).toEqual([502, true]);
  issuer = await startFakeIssuer(port);
  expect((await browser.post(`${app.url}/login`)).text).toContain('Hello, ');
});

test('RP-Initiated Logout §2: signing out everywhere ends at the issuer, and comes back signed out', async () => {
  await browser.post(`${app.url}/login`);
  const page = await browser.post(`${app.url}/signout-everywhere`);
  expect(page.text).toContain('does not know you yet');
  const asked = new URL(browser.visited.find((url) => url.startsWith(`${issuer.issuer}/logout`)) ?? '');
  expect(asked.searchParams.get('post_logout_redirect_uri')).toBe(`${app.url}/`);
  expect(asked.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
});

test('Back-Channel Logout §2.6: a good logout token ends the session it names, any other is refused', async () => {
  await browser.post(`${app.url}/login`);
  const tell = async (token: string): Promise<number> => {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${app.url}/logout/backchannel`, { method: 'POST', body })).status;
  };
  const bad = [
    issuer.logoutToken({ iss: 'https://evil.example' }),
    issuer.logoutToken({ aud: 'other' }),
    issuer.logoutToken({ exp: 1 }),
    issuer.logoutToken({ events: {} }),
    issuer.logoutToken({ nonce: 'n' }),
    issuer.logoutToken({ sub: undefined, sid: undefined }),
    issuer.logoutToken({}, 'JWT'),
    'text',
  ];
  for (const token of bad) expect(await tell(token)).toBe(400);
  expect(await tell(issuer.logoutToken({ sid: 'session-2' }))).toBe(200);
  expect((await browser.get(app.url)).text).toContain('Hello, ');
  expect(await tell(issuer.logoutToken())).toBe(200);
  expect((await browser.get(app.url)).text).toContain('does not know you yet');
});

test('Back-Channel Logout §2.8: a token that cannot be judged, as the issuer is down, is not refused for good', async () => {
  await browser.post(`${app.url}/login`);
  const tell = async (): Promise<number> => {
    const body = new URLSearchParams({ logout_token: issuer.logoutToken() });
    return (await fetch(`${app.url}/logout/backchannel`, { method: 'POST', body })).status;
  };
  const port = Number(new URL(issuer.issuer).port);
  await issuer[Symbol.asyncDispose]();
  expect(await tell()).toBe(502);
  issuer = await startFakeIssuer(port);
  expect((await browser.get(app.url)).text).toContain('Hello, ');
  expect(await tell()).toBe(200);
  expect((await browser.get(app.url)).text).toContain('does not know you yet');
});

test('Front-Channel Logout §2: the frame of the issuer ends the session it names, of this issuer alone', async () => {
  await browser.post(`${app.url}/login`);
  const frame = (iss: string, sid: string): Promise<Response> =>
    fetch(`${app.url}/logout/frontchannel?${new URLSearchParams({ iss, sid }).toString()}`);
  await frame('https://evil.example', 'session-1');
  await frame(issuer.issuer, 'session-2');
  expect((await browser.get(app.url)).text).toContain('Hello, ');
  const answer = await frame(issuer.issuer, 'session-1');
  expect(answer.headers.get('content-security-policy')).toContain(`frame-ancestors ${issuer.issuer}`);
  expect((await browser.get(app.url)).text).toContain('does not know you yet');
});

test('A form of another site presses no button', async () => {
  await browser.post(`${app.url}/login`, { scope: 'offline_access' });
  const forged = await browser.post(`${app.url}/revoke`, {}, { origin: 'https://evil.example' });
  expect([forged.status, issuer.revoked.size]).toEqual([400, 0]);
});

test('Pages allow no script and are not stored', async () => {
  const { headers } = await browser.get(app.url);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
  expect((await browser.get(`${app.url}/nothing`)).status).toBe(404);
});

test('Options come from arguments, then the environment, then the sample', () => {
  expect(optionsFrom(['CLIENT_ID=cli', 'CLIENT_SECRET='], { ISSUER: 'https://id.example.org' })).toEqual({
    issuer: 'https://id.example.org',
    clientId: 'cli',
    listen: '127.0.0.1:5555',
  });
  expect(() => optionsFrom(['--issuer'], {})).toThrow('Not understood: --issuer');
});
