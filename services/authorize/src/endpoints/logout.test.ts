import { type Client, encodeSubject, subjectFor } from '@tessera/oauth';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { federationError, UPSTREAM_LOGOUT } from '../testing/fake-federation.ts';
import {
  answerOf,
  approve,
  authorizationQuery,
  CALLBACK,
  callbackConnector,
  createClient,
  type Harness,
  type HarnessOptions,
  ISSUER,
  passwordConnector,
  signIn,
  startAgain,
  startHarness,
} from '../testing/harness.ts';
import { createTestSigner } from '../testing/id-tokens.ts';

const BYE = 'https://app.example.com/bye?tenant=7';
const signer = createTestSigner();
const JANE = encodeSubject('id-of-jane', 'ldap');

let harness: Harness;
let browser: UserAgent;
afterEach(async () => {
  await harness.service.close();
  await harness.close();
});

const app = (settings: Client['settings'] = {}) =>
  createClient('app', { postLogoutRedirectUris: [BYE, 'com.example.app:/bye'], settings });

async function start(options: HarnessOptions = {}): Promise<void> {
  harness = await startHarness({
    clients: [app()],
    keys: [signer.key],
    oauth2: { skipApprovalScreen: true },
    ...options,
    sessions: { enabled: true, ...options.sessions },
  });
  browser = harness.browser();
}

const sessionIds = () => [...harness.storage.sessions.sessions.keys()];
const cookieNames = () => browser.jar.all().flatMap(({ name }) => (name === 'tessera_locale' ? [] : [name]));
const logoutPath = (parameters: Readonly<Record<string, string>> = {}) =>
  `/logout?${new URLSearchParams(parameters).toString()}`;
const goTo = (parameters?: Readonly<Record<string, string>>) => browser.get(harness.url(logoutPath(parameters)));

/** Signs in, and returns an ID token of that session. */
async function signInAndGetHint(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const before = new Set(sessionIds());
  await signIn(browser, await harness.open(browser));
  const sid = sessionIds().find((id) => !before.has(id));
  return signer.token({ iss: ISSUER, aud: 'app', sub: JANE, exp: 1, iat: 0, sid, ...changes });
}

const isSignedOut = async (): Promise<void> => {
  expect(sessionIds()).toEqual([]);
  expect(cookieNames()).toEqual([]);
  const silent = await harness.open(browser, { prompt: 'none' });
  expect(answerOf(silent)).toMatchObject({ error: 'login_required' });
};

describe('with a hint that names the session', () => {
  it('OIDC RP-Initiated Logout §3: the person is back at once, with `state` as it was and nothing else', async () => {
    await start();
    const hint = await signInAndGetHint();
    const state = 'a b&c=ü%41"';
    const back = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state });
    expect(back.url.href.split('&')[0]).toBe(BYE);
    expect([...back.url.searchParams]).toEqual([
      ['tenant', '7'],
      ['state', state],
    ]);
    expect(harness.storage.sessions.ended).toMatchObject([{ reason: 'logout', revokesGrants: false }]);
    await isSignedOut();
  });

  it('OIDC RP-Initiated Logout §3: without `state` there is none', async () => {
    await start();
    const hint = await signInAndGetHint();
    expect((await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE })).url.href).toBe(BYE);
  });

  it('without an address a page says so, in the language that was asked for, with a way to the application', async () => {
    await start({ clients: [app({ clientUri: 'https://app.example.com/home' })] });
    const hint = await signInAndGetHint();
    const page = await goTo({ id_token_hint: hint, ui_locales: 'zh' });
    expect(page.body).toContain('您已退出登录');
    expect(page.body).toContain('id="return" href="https://app.example.com/home"');
    await isSignedOut();
  });

  it('OIDC RP-Initiated Logout §2: by POST from the client’s site too, which comes without cookies', async () => {
    await start();
    const hint = await signInAndGetHint();
    const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' };
    const turned = await harness.post('/logout', fields);
    expect(turned.status).toBe(303);
    expect(turned.location().searchParams.get('id_token_hint')).toBe(hint);
    expect((await browser.get(harness.url(turned.location().href.split('/dex')[1] ?? ''))).url.href).toBe(
      `${BYE}&state=st-1`,
    );
    await isSignedOut();
  });

  it('a POST whose hint is too long for an address asks instead', async () => {
    await start();
    const hint = await signInAndGetHint({ padding: 'x'.repeat(7_000) });
    const turned = await harness.post('/logout', { id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(Object.fromEntries(turned.location().searchParams)).toEqual({
      client_id: 'app',
      post_logout_redirect_uri: BYE,
    });
    const long = await harness.post('/logout', { id_token_hint: hint, state: 'x'.repeat(8_000) });
    expect(long.status).toBe(400);
  });

  it('N54: the next session has another id, and the cookie of the one before opens nothing', async () => {
    await start();
    const hint = await signInAndGetHint();
    const [first] = sessionIds();
    const before = browser.jar.all().find(({ name }) => name === 'tessera_session')?.value ?? '';
    await goTo({ id_token_hint: hint });
    await signIn(browser, await harness.open(browser), 'eve');
    expect(sessionIds()).not.toContain(first);
    const stale = await harness.get(`/auth?${authorizationQuery()}`, { cookie: `tessera_session=${before}` });
    expect(stale.location().pathname).toBe('/dex/auth/ldap');
    // N56: and the token of the one before ends no other.
    expect((await goTo({ id_token_hint: hint })).form('hmac').method).toBe('POST');
    expect(sessionIds()).toHaveLength(1);
  });

  it('a sign-in that was begun before cannot be finished after it', async () => {
    await start({ oauth2: { skipApprovalScreen: false } });
    const question = await signIn(browser, await harness.open(browser));
    const [sid] = sessionIds();
    await goTo({ id_token_hint: signer.token({ iss: ISSUER, aud: 'app', sub: JANE, exp: 1, iat: 0, sid }) });
    expect((await approve(browser, question)).status).toBe(403);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('OIDC Core §8: a client knows the person by a name of its own', async () => {
    const pairwiseSecret = 'p'.repeat(32);
    const client = app({ subjectType: 'pairwise', sectorIdentifier: 'app.example.com' });
    await start({ clients: [client], oauth2: { skipApprovalScreen: true, pairwiseSecret } });
    const publicName = await signInAndGetHint();
    expect((await goTo({ id_token_hint: publicName })).body).toContain('Sign out?');
    const sub = subjectFor(client, { userId: 'id-of-jane', connectorId: 'ldap' }, pairwiseSecret);
    const hint = signer.token({ iss: ISSUER, aud: 'app', sub, exp: 1, iat: 0, sid: sessionIds()[0] });
    expect((await goTo({ id_token_hint: hint })).body).toContain('You are signed out');
    await isSignedOut();
  });

  it('OIDC Back-Channel Logout §2.5: clients are told behind the answer, and session-bound grants end', async () => {
    const settings = {
      backchannelLogoutUri: 'https://app.example.com/back',
      refreshTokens: { endWithSession: true },
    };
    await start({ clients: [app(settings)] });
    const hint = await signInAndGetHint();
    const [sid] = sessionIds();
    await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(harness.storage.sessions.ended).toEqual([
      { id: sid, reason: 'logout', revokesGrants: false, revokesGrantsOfClients: ['app'] },
    ]);
    const { calls } = harness.storage;
    expect(calls.indexOf('putLogoutDeliveries')).toBeLessThan(calls.indexOf('endSession'));
    expect([...harness.storage.sessions.deliveries.values()]).toMatchObject([
      { clientId: 'app', sessionId: sid, subject: JANE },
    ]);
  });

  it('N80: while it cannot be kept nobody is told that they are signed out', async () => {
    await start();
    const hint = await signInAndGetHint();
    harness.storage.failure = federationError('unavailable', 'storage.unavailable');
    const page = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(page.status).toBe(503);
    harness.storage.failure = undefined;
    expect(sessionIds()).toHaveLength(1);
    const again = new URL(startAgain(page) ?? '', page.url);
    expect((await browser.get(again)).url.href).toBe(BYE);
    await isSignedOut();
  });
});

describe('the question', () => {
  it('OIDC RP-Initiated Logout §2: is asked where nothing names the session, and its answer signs out', async () => {
    await start();
    await signInAndGetHint();
    const question = await goTo({ state: 'x' });
    expect(question.body).toContain('Sign out?');
    expect(question.body).toContain('jane');
    expect(sessionIds()).toHaveLength(1);
    const page = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(page.body).toContain('You are signed out');
    await isSignedOut();
  });

  it('with a client_id alone leads back to the client after it', async () => {
    await start();
    await signInAndGetHint();
    const question = await goTo({ client_id: 'app', post_logout_redirect_uri: BYE, state: 'st-1' });
    expect(question.body).toContain('Application app');
    const back = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(back.url.href).toBe(`${BYE}&state=st-1`);
    await isSignedOut();
  });

  it('can be declined, and then nothing changes', async () => {
    await start();
    await signInAndGetHint();
    const question = await goTo({ client_id: 'app', post_logout_redirect_uri: BYE });
    const page = await browser.submit(question.form('hmac'), { button: 'Stay signed in' });
    expect(page.body).toContain('You are still signed in');
    expect(answerOf(await harness.open(browser))).toHaveProperty('code');
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['another session', { sid: 'A'.repeat(24) }],
    ['another person', { sub: encodeSubject('id-of-eve', 'ldap') }],
  ])('N56: is asked for a hint of %s, which ends nothing by itself', async (_, claims) => {
    await start();
    const other = harness.browser();
    await signIn(other, await harness.open(other), 'eve');
    const hint = await signInAndGetHint(claims);
    const question = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(sessionIds()).toHaveLength(2);
    const back = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(back.url.href).toBe(BYE);
    expect(sessionIds()).toHaveLength(1);
  });

  it('N56: in a browser that has no session a hint ends none, and leads back all the same', async () => {
    await start();
    const hint = await signInAndGetHint();
    const back = await harness
      .browser()
      .get(harness.url(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: BYE })));
    expect(back.url.href).toBe(BYE);
    expect(sessionIds()).toHaveLength(1);
  });

  it('N56: is answered by its own form alone: no other page, sign-in or request has the value', async () => {
    await start();
    await signInAndGetHint();
    const form = (await goTo()).form('hmac');
    const attacker = harness.browser();
    await signIn(attacker, await harness.open(attacker), 'eve');
    const foreign = (await attacker.get(harness.url('/logout'))).form('hmac').fields['hmac'];
    for (const fields of [{ hmac: undefined }, { hmac: foreign }, { hmac: 'x' }, { client_id: 'app' }]) {
      const page = await browser.submit(form, { fields, button: 'Sign out' });
      expect(page.form('hmac').fields['hmac']).toBeTruthy();
    }
    expect(sessionIds()).toHaveLength(2);
    // N53: nor does that of an earlier sign-in of the same session.
    await signIn(browser, await harness.open(browser, { prompt: 'login' }));
    expect((await browser.submit(form, { button: 'Sign out' })).body).toContain('Sign out?');
    expect(sessionIds()).toHaveLength(2);
  });
});

describe('without a session', () => {
  it.each([undefined, { state: 'x' }, { client_id: 'app' }])(
    'a page says that nobody is signed in: %j',
    async (query) => {
      await start();
      const page = await goTo(query);
      expect([page.status, page.body.includes('You are signed out')]).toEqual([200, true]);
    },
  );

  it('the person is back at the client, named by client_id too', async () => {
    await start();
    const back = await goTo({ client_id: 'app', post_logout_redirect_uri: BYE, state: 'st-1' });
    expect(back.url.href).toBe(`${BYE}&state=st-1`);
  });

  it('where none are kept the browser is forgotten, and a client answered', async () => {
    await start({ sessions: { enabled: false } });
    const out = await harness.get('/logout');
    expect(out.headers.getSetCookie()).toEqual(['tessera_browser=; Path=/dex; Max-Age=0; HttpOnly; SameSite=Lax']);
    const hint = signer.token({ iss: ISSUER, aud: 'app', sub: JANE, exp: 1, iat: 0 });
    const answer = await harness.post('/logout', { id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect([answer.status, answer.location().href]).toEqual([303, BYE]);
  });
});

describe('OIDC RP-Initiated Logout §4: never back to the client', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['an address that is not registered', { client_id: 'app', post_logout_redirect_uri: 'https://app.example.com/' }],
    ['a registered address with more in its query', { client_id: 'app', post_logout_redirect_uri: `${BYE}&x=1` }],
    ['a redirect URI that is not for logout', { client_id: 'app', post_logout_redirect_uri: CALLBACK }],
    ['an address of nobody', { post_logout_redirect_uri: BYE }],
    ['a hint that is none', { id_token_hint: 'x', post_logout_redirect_uri: BYE }],
    ['an unknown client', { client_id: 'nobody', post_logout_redirect_uri: BYE }],
  ])('for %s: a page, and nothing ends', async (_, parameters) => {
    await start();
    const hint = await signInAndGetHint();
    for (const more of [{}, ...(parameters['client_id'] === 'app' ? [{ id_token_hint: hint }] : [])]) {
      const page = await goTo({ ...parameters, ...more });
      expect([page.status, page.isStopped, startAgain(page)]).toEqual([400, false, '/dex/logout']);
    }
    expect(sessionIds()).toHaveLength(1);
  });
});

describe('OIDC Front-Channel Logout §3', () => {
  const settings = { frontchannelLogoutUri: 'https://app.example.com/front' };

  it('the browser loads the clients of the session, and goes on by itself', async () => {
    await start({ clients: [app(settings), createClient('other', { settings })] });
    const hint = await signInAndGetHint();
    const [sid = ''] = sessionIds();
    const page = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' });
    const query = new URLSearchParams({ iss: ISSUER, sid }).toString();
    expect(
      [...page.body.matchAll(/<iframe [^>]*src="([^"]+)"/g)].map(([, src]) => src?.replaceAll('&#38;', '&')),
    ).toEqual([`https://app.example.com/front?${query}`]);
    expect(page.headers.get('refresh')).toBe(`7;url=${BYE}&state=st-1`);
    await isSignedOut();
  });

  it('the last page has the frames where there is nowhere to go', async () => {
    await start({ clients: [app(settings)] });
    const page = await goTo({ id_token_hint: await signInAndGetHint() });
    expect(page.body).toContain('You are signed out');
    expect(page.body).toContain('<iframe ');
  });

  it('an application on the device is reached by way of us', async () => {
    await start({ clients: [app(settings)] });
    const hint = await signInAndGetHint();
    const page = await goTo({ id_token_hint: hint, post_logout_redirect_uri: 'com.example.app:/bye', state: 's' });
    const href = /id="continue" href="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect(href).toMatch(/^\/dex\/logout\/callback\?state=[\w-]{32}$/);
    const cookie = browser.jar.header(page.url) ?? '';
    const answer = await harness.get(href.slice('/dex'.length), { cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'com.example.app:/bye?state=s']);
  });
});

describe('an upstream', () => {
  const upstream = { connectors: [callbackConnector('google')] };

  async function signInUpstream(): Promise<string> {
    const state = (await harness.open(browser)).url.searchParams.get('state') ?? '';
    await browser.get(harness.url(`/callback?state=${state}&code=jane`));
    const [sid] = sessionIds();
    return signer.token({ iss: ISSUER, aud: 'app', sub: encodeSubject('id-of-jane', 'google'), exp: 1, iat: 0, sid });
  }

  it('OIDC RP-Initiated Logout §2: is asked to sign out too, and then the person is back at the client', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' });
    expect(there.url.href.split('?')[0]).toBe(UPSTREAM_LOGOUT);
    expect(harness.federation.logouts).toEqual([
      {
        connectorId: 'google',
        connectorData: Buffer.from('data of jane'),
        returnUrl: `${ISSUER}/logout/callback`,
        state: there.url.searchParams.get('state'),
      },
    ]);
    expect(sessionIds()).toEqual([]);
    expect(cookieNames()).toEqual(['tessera_browser']);
    const callback = harness.url(`/logout/callback?state=${there.url.searchParams.get('state')}`);
    expect((await browser.get(callback)).url.href).toBe(`${BYE}&state=st-1`);
    expect(cookieNames()).toEqual([]);
    // Once.
    const again = await browser.get(callback);
    expect([again.status, startAgain(again)]).toEqual([400, '/dex/logout']);
  });

  it('leads back to a page that says so where no address was asked for', async () => {
    await start(upstream);
    const there = await goTo({ id_token_hint: await signInUpstream(), ui_locales: 'zh-CN' });
    const page = await browser.get(harness.url(`/logout/callback${there.url.search}`));
    expect(page.body).toContain('您已退出登录');
  });

  it('N53: brings back the browser that signed out, and no other', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    const other = await harness.browser().get(harness.url(`/logout/callback${there.url.search}`));
    expect([other.status, other.isStopped]).toEqual([403, false]);
  });

  it('N14: leads to a page of ours when the client changed meanwhile', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    harness.clients.set('app', createClient('app'));
    const page = await browser.get(harness.url(`/logout/callback${there.url.search}`));
    expect([page.status, page.isStopped, page.body.includes('You are signed out')]).toEqual([200, false, true]);
  });

  it('that does not answer keeps nobody from signing out here', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    harness.federation.failure = federationError('unavailable', 'federation.upstream_unavailable');
    expect((await goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE })).url.href).toBe(BYE);
    await isSignedOut();
  });

  it('comes after the applications, which are told first', async () => {
    await start({ ...upstream, clients: [app({ frontchannelLogoutUri: 'https://app.example.com/front' })] });
    const page = await goTo({ id_token_hint: await signInUpstream(), post_logout_redirect_uri: BYE });
    expect(page.body).toContain('<iframe ');
    const href = /id="continue" href="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect(href.split('?')[0]).toBe(UPSTREAM_LOGOUT);
    const back = await browser.get(harness.url(`/logout/callback${new URL(href).search}`));
    expect(back.url.href).toBe(BYE);
  });

  it('of a sign-in by password there is none', async () => {
    await start({ connectors: [passwordConnector('ldap')] });
    await goTo({ id_token_hint: await signInAndGetHint() });
    expect(harness.federation.logouts).toEqual([]);
  });
});

it.each(['', '?state=', '?state=x', `?state=${'A'.repeat(32)}`])(
  'a way back that is none is a page: %s',
  async (query) => {
    await start();
    const page = await browser.get(harness.url(`/logout/callback${query}`));
    expect([page.status, startAgain(page)]).toEqual([400, '/dex/logout']);
  },
);
