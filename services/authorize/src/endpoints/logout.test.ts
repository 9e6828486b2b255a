import { encodeSubject, subjectFor } from '@tessera/oauth';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { federationError } from '../testing/fake-federation.ts';
import {
  answerOf,
  approve,
  authorizationQuery,
  CALLBACK,
  createClient,
  type Harness,
  type HarnessOptions,
  ISSUER,
  signIn,
  startAgain,
} from '../testing/harness.ts';
import {
  BYE,
  JANE,
  type LogoutBench,
  leavableApp,
  logoutPath,
  signer,
  startLogoutBench,
} from '../testing/logout-pages.ts';

let bench: LogoutBench;
let harness: Harness;
let browser: UserAgent;
afterEach(() => bench.close());

async function start(options?: HarnessOptions): Promise<void> {
  bench = await startLogoutBench(options);
  ({ harness, browser } = bench);
}

describe('with a hint that names the session', () => {
  it('OIDC RP-Initiated Logout §3: the person is back at once, with `state` as it was and nothing else', async () => {
    await start();
    const hint = await bench.signInAndGetHint();
    const state = 'a b&c=ü%41"';
    const back = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state });
    expect(back.url.href.split('&')[0]).toBe(BYE);
    expect([...back.url.searchParams]).toEqual([
      ['tenant', '7'],
      ['state', state],
    ]);
    expect(harness.storage.sessions.ended).toMatchObject([{ reason: 'logout', revokesGrants: false }]);
    await bench.expectSignedOut();
  });

  it('OIDC RP-Initiated Logout §3: without `state` there is none', async () => {
    await start();
    const hint = await bench.signInAndGetHint();
    expect((await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE })).url.href).toBe(BYE);
  });

  it('without an address a page says so, in the language that was asked for, with a way to the application', async () => {
    await start({ clients: [leavableApp({ clientUri: 'https://app.example.com/home' })] });
    const hint = await bench.signInAndGetHint();
    const page = await bench.goTo({ id_token_hint: hint, ui_locales: 'zh' });
    expect(page.body).toContain('您已退出登录');
    expect(page.body).toContain('id="return" href="https://app.example.com/home"');
    await bench.expectSignedOut();
  });

  it('OIDC RP-Initiated Logout §2: by POST from the client’s site too, which comes without cookies', async () => {
    await start();
    const hint = await bench.signInAndGetHint();
    const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' };
    const turned = await harness.post('/logout', fields);
    expect(turned.status).toBe(303);
    expect(turned.location().searchParams.get('id_token_hint')).toBe(hint);
    expect((await browser.get(harness.url(turned.location().href.split('/dex')[1] ?? ''))).url.href).toBe(
      `${BYE}&state=st-1`,
    );
    await bench.expectSignedOut();
  });

  it('a POST whose hint is too long for an address asks instead', async () => {
    await start();
    const hint = await bench.signInAndGetHint({ padding: 'x'.repeat(7_000) });
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
    const hint = await bench.signInAndGetHint();
    const [first] = bench.sessionIds();
    const before = browser.jar.all().find(({ name }) => name === 'tessera_session')?.value ?? '';
    await bench.goTo({ id_token_hint: hint });
    await signIn(browser, await harness.open(browser), 'eve');
    expect(bench.sessionIds()).not.toContain(first);
    const stale = await harness.get(`/auth?${authorizationQuery()}`, { cookie: `tessera_session=${before}` });
    expect(stale.location().pathname).toBe('/dex/auth/ldap');
    // N56: and the token of the one before ends no other.
    expect((await bench.goTo({ id_token_hint: hint })).form('hmac').method).toBe('POST');
    expect(bench.sessionIds()).toHaveLength(1);
  });

  it('a sign-in that was begun before cannot be finished after it', async () => {
    await start({ oauth2: { skipApprovalScreen: false } });
    const question = await signIn(browser, await harness.open(browser));
    const [sid] = bench.sessionIds();
    await bench.goTo({ id_token_hint: signer.token({ iss: ISSUER, aud: 'app', sub: JANE, exp: 1, iat: 0, sid }) });
    expect((await approve(browser, question)).status).toBe(403);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('OIDC Core §8: a client knows the person by a name of its own', async () => {
    const pairwiseSecret = 'p'.repeat(32);
    const client = leavableApp({ subjectType: 'pairwise', sectorIdentifier: 'app.example.com' });
    await start({ clients: [client], oauth2: { skipApprovalScreen: true, pairwiseSecret } });
    const publicName = await bench.signInAndGetHint();
    expect((await bench.goTo({ id_token_hint: publicName })).body).toContain('Sign out?');
    const sub = subjectFor(client, { userId: 'id-of-jane', connectorId: 'ldap' }, pairwiseSecret);
    const hint = signer.token({ iss: ISSUER, aud: 'app', sub, exp: 1, iat: 0, sid: bench.sessionIds()[0] });
    expect((await bench.goTo({ id_token_hint: hint })).body).toContain('You are signed out');
    await bench.expectSignedOut();
  });

  it('OIDC Back-Channel Logout §2.5: clients are told behind the answer, and session-bound grants end', async () => {
    const settings = {
      backchannelLogoutUri: 'https://app.example.com/back',
      refreshTokens: { endWithSession: true },
    };
    await start({ clients: [leavableApp(settings)] });
    const hint = await bench.signInAndGetHint();
    const [sid] = bench.sessionIds();
    await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
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
    const hint = await bench.signInAndGetHint();
    harness.storage.failure = federationError('unavailable', 'storage.unavailable');
    const page = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(page.status).toBe(503);
    harness.storage.failure = undefined;
    expect(bench.sessionIds()).toHaveLength(1);
    const again = new URL(startAgain(page) ?? '', page.url);
    expect((await browser.get(again)).url.href).toBe(BYE);
    await bench.expectSignedOut();
  });
});

describe('the question', () => {
  it('OIDC RP-Initiated Logout §2: is asked where nothing names the session, and its answer signs out', async () => {
    await start();
    await bench.signInAndGetHint();
    const question = await bench.goTo({ state: 'x' });
    expect(question.body).toContain('Sign out?');
    expect(question.body).toContain('jane');
    expect(bench.sessionIds()).toHaveLength(1);
    const page = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(page.body).toContain('You are signed out');
    await bench.expectSignedOut();
  });

  it('with a client_id alone leads back to the client after it', async () => {
    await start();
    await bench.signInAndGetHint();
    const question = await bench.goTo({ client_id: 'app', post_logout_redirect_uri: BYE, state: 'st-1' });
    expect(question.body).toContain('Application app');
    const back = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(back.url.href).toBe(`${BYE}&state=st-1`);
    await bench.expectSignedOut();
  });

  it('can be declined, and then nothing changes', async () => {
    await start();
    await bench.signInAndGetHint();
    const question = await bench.goTo({ client_id: 'app', post_logout_redirect_uri: BYE });
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
    const hint = await bench.signInAndGetHint(claims);
    const question = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect(bench.sessionIds()).toHaveLength(2);
    const back = await browser.submit(question.form('hmac'), { button: 'Sign out' });
    expect(back.url.href).toBe(BYE);
    expect(bench.sessionIds()).toHaveLength(1);
  });

  it('N56: in a browser that has no session a hint ends none, and leads back all the same', async () => {
    await start();
    const hint = await bench.signInAndGetHint();
    const back = await harness
      .browser()
      .get(harness.url(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: BYE })));
    expect(back.url.href).toBe(BYE);
    expect(bench.sessionIds()).toHaveLength(1);
  });

  it('N56: is answered by its own form alone: no other page, sign-in or request has the value', async () => {
    await start();
    await bench.signInAndGetHint();
    const form = (await bench.goTo()).form('hmac');
    const attacker = harness.browser();
    await signIn(attacker, await harness.open(attacker), 'eve');
    const foreign = (await attacker.get(harness.url('/logout'))).form('hmac').fields['hmac'];
    for (const fields of [{ hmac: undefined }, { hmac: foreign }, { hmac: 'x' }, { client_id: 'app' }]) {
      const page = await browser.submit(form, { fields, button: 'Sign out' });
      expect(page.form('hmac').fields['hmac']).toBeTruthy();
    }
    expect(bench.sessionIds()).toHaveLength(2);
    // N53: nor does that of an earlier sign-in of the same session.
    await signIn(browser, await harness.open(browser, { prompt: 'login' }));
    expect((await browser.submit(form, { button: 'Sign out' })).body).toContain('Sign out?');
    expect(bench.sessionIds()).toHaveLength(2);
  });
});

describe('without a session', () => {
  it.each([undefined, { state: 'x' }, { client_id: 'app' }])(
    'a page says that nobody is signed in: %j',
    async (query) => {
      await start();
      const page = await bench.goTo(query);
      expect([page.status, page.body.includes('You are signed out')]).toEqual([200, true]);
    },
  );

  it('the person is back at the client, named by client_id too', async () => {
    await start();
    const back = await bench.goTo({ client_id: 'app', post_logout_redirect_uri: BYE, state: 'st-1' });
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
    const hint = await bench.signInAndGetHint();
    for (const more of [{}, ...(parameters['client_id'] === 'app' ? [{ id_token_hint: hint }] : [])]) {
      const page = await bench.goTo({ ...parameters, ...more });
      expect([page.status, page.isStopped, startAgain(page)]).toEqual([400, false, '/dex/logout']);
    }
    expect(bench.sessionIds()).toHaveLength(1);
  });
});

describe('OIDC Front-Channel Logout §3', () => {
  const settings = { frontchannelLogoutUri: 'https://app.example.com/front' };

  it('the browser loads the clients of the session, and goes on by itself', async () => {
    await start({ clients: [leavableApp(settings), createClient('other', { settings })] });
    const hint = await bench.signInAndGetHint();
    const [sid = ''] = bench.sessionIds();
    const page = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' });
    const query = new URLSearchParams({ iss: ISSUER, sid }).toString();
    expect(
      [...page.body.matchAll(/<iframe [^>]*src="([^"]+)"/g)].map(([, src]) => src?.replaceAll('&#38;', '&')),
    ).toEqual([`https://app.example.com/front?${query}`]);
    expect(page.headers.get('refresh')).toBe(`7;url=${BYE}&state=st-1`);
    await bench.expectSignedOut();
  });

  it('the last page has the frames where there is nowhere to go', async () => {
    await start({ clients: [leavableApp(settings)] });
    const page = await bench.goTo({ id_token_hint: await bench.signInAndGetHint() });
    expect(page.body).toContain('You are signed out');
    expect(page.body).toContain('<iframe ');
  });

  it('an application on the device is reached by way of us', async () => {
    await start({ clients: [leavableApp(settings)] });
    const hint = await bench.signInAndGetHint();
    const page = await bench.goTo({
      id_token_hint: hint,
      post_logout_redirect_uri: 'com.example.app:/bye',
      state: 's',
    });
    const href = /id="continue" href="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect(href).toMatch(/^\/dex\/logout\/callback\?state=[\w-]{32}$/);
    const cookie = browser.jar.header(page.url) ?? '';
    const answer = await harness.get(href.slice('/dex'.length), { cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'com.example.app:/bye?state=s']);
  });
});
