import { federationErrors } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { encodeSubject } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { federationError } from '../testing/fake-federation.ts';
import {
  type AuthorizationParameters,
  answerOf,
  authorizationQuery,
  callbackConnector,
  cancel,
  createClient,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  signIn,
  startAgain,
  startHarness,
} from '../testing/harness.ts';

const JANE = encodeSubject('id-of-jane', 'ldap');

let harness: Harness;
let browser: UserAgent;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  harness = await startHarness({
    ...options,
    sessions: { enabled: true, ...options.sessions },
    oauth2: { skipApprovalScreen: true, ...options.oauth2 },
  });
  browser = harness.browser();
}

/** Signs in at the client `app` and forgets what that cost. */
async function signedIn(name = 'jane', parameters: AuthorizationParameters = {}): Promise<Page> {
  const page = await signIn(browser, await harness.open(browser, parameters), name);
  harness.storage.calls.length = 0;
  return page;
}

function onlySession() {
  const [session, ...more] = harness.storage.sessions.sessions.values();
  expect(more).toEqual([]);
  if (session === undefined) throw new Error('there is no session');
  return session.value;
}

function authorizationOf(page: Page) {
  const id = harness.flowOf(answerOf(page)['code'] ?? '') ?? '';
  return harness.storage.codes.get(id)?.authorization;
}

describe('a person with a session', () => {
  it('is sent back at once, as who they are and by when and how they signed in', async () => {
    await start();
    const first = authorizationOf(await signedIn());
    expect(first).toMatchObject({ sessionId: onlySession().id, details: { amr: ['pwd'] } });
    const authTime = harness.clock.now();
    harness.clock.advance(30);
    const second = await harness.open(browser, { state: 'st-2', nonce: 'n-2' });
    expect(second.visited).toHaveLength(1);
    expect(answerOf(second)).toMatchObject({ state: 'st-2', session_state: expect.stringMatching(/^[\w-]{43}\./) });
    expect(authorizationOf(second)).toEqual({ ...first, nonce: 'n-2', authTime });
  });

  it('costs one request with the session, the consent, and the code: four calls, none of them a durable write', async () => {
    await start({ oauth2: { skipApprovalScreen: false } });
    const question = await signIn(browser, await harness.open(browser));
    await browser.submit(question.form('hmac'), { fields: { approval: 'approve', remember: 'yes' } });
    harness.storage.calls.length = 0;
    expect(answerOf(await harness.open(browser))).toHaveProperty('code');
    expect(harness.storage.calls).toEqual(['findSession', 'findConsent', 'put', 'complete']);
  });

  it('costs one write more where the client is new in the session, or the use is worth a note', async () => {
    await start({
      sessions: { ssoSharedWithDefault: 'all' },
      clients: [createClient('app'), createClient('other')],
    });
    await signedIn();
    await harness.open(browser, { client_id: 'other' });
    expect(harness.storage.calls).toEqual(['findSession', 'put', 'updateSession', 'complete']);
    expect(onlySession().clientIds).toEqual(['app', 'other']);
    harness.storage.calls.length = 0;
    await harness.open(browser, { client_id: 'other' });
    expect(harness.storage.calls).not.toContain('updateSession');
    harness.clock.advance(60);
    await harness.open(browser);
    expect(harness.storage.calls).toContain('updateSession');
    expect(onlySession().lastSeenAt).toEqual(harness.clock.now());
  });

  it('Dex: is known at another client only where it is shared with, and that one shares nothing on', async () => {
    await start({
      clients: [
        createClient('app', { settings: { ssoSharedWith: ['second'] } }),
        createClient('second', { settings: { ssoSharedWith: ['*'] } }),
        createClient('third'),
      ],
    });
    await signedIn();
    expect(answerOf(await harness.open(browser, { client_id: 'second' }))).toHaveProperty('code');
    const third = await harness.open(browser, { client_id: 'third' });
    expect(third.url.pathname).toBe('/dex/auth/ldap/login');
    expect(answerOf(await signIn(browser, third))).toHaveProperty('code');
    expect(onlySession().clientIds).toEqual(['app', 'second', 'third']);
  });

  it('OIDC Core §3.1.2.4: is asked whether the application may, and for nothing else', async () => {
    await start({
      oauth2: { skipApprovalScreen: false },
      sessions: { ssoSharedWithDefault: 'all' },
      clients: [createClient('app'), createClient('other')],
    });
    await signedIn();
    const question = await harness.open(browser, { client_id: 'other' });
    expect(question.url.pathname).toBe('/dex/approval');
    expect(onlySession().clientIds).toEqual([]);
    const { url } = await browser.submit(question.form('hmac'), { fields: { approval: 'approve' } });
    expect(url.searchParams.has('code')).toBe(true);
    expect(onlySession().clientIds).toEqual(['other']);
  });

  it('at two clients at the same time has both of them in the session, to be told of its end', async () => {
    const clients = ['app', 'second', 'third'].map((id) => createClient(id));
    await start({ sessions: { ssoSharedWithDefault: 'all' }, clients });
    await signedIn();
    harness.storage.meet('updateSession', 2);
    const pages = await Promise.all(
      ['second', 'third'].map((id) => browser.get(harness.url(`/auth?${authorizationQuery({ client_id: id })}`))),
    );
    for (const page of pages) expect(answerOf(page)).toHaveProperty('code');
    expect([...onlySession().clientIds].toSorted()).toEqual(['app', 'second', 'third']);
  });

  it('is asked again after the idle lifetime, and after the absolute one however busy they were', async () => {
    await start({ sessions: { validIfNotUsedForSeconds: 600, absoluteLifetimeSeconds: 1_500 } });
    await signedIn();
    for (const _time of [1, 2]) {
      harness.clock.advance(599);
      expect(answerOf(await harness.open(browser))).toHaveProperty('code');
    }
    harness.clock.advance(302);
    expect((await harness.open(browser)).url.pathname).toBe('/dex/auth/ldap/login');
    await signedIn();
    harness.clock.advance(600);
    expect((await harness.open(browser)).url.pathname).toBe('/dex/auth/ldap/login');
  });

  it('N38: is asked again when the connector may not be used any more, and chooses another', async () => {
    await start({ connectors: [passwordConnector('ldap'), callbackConnector('google')] });
    await signedIn('jane', { connector_id: 'ldap' });
    harness.connectors.shift();
    expect((await harness.open(browser)).isStopped).toBe(true);
    expect((await harness.open(browser)).url.host).toBe('upstream.example.com');
  });

  it('N38: who may not sign in any more is in no session any more, and its grants are revoked', async () => {
    await start({ connectors: [passwordConnector('local', { refreshesUpstream: false })] });
    await signedIn();
    const { id } = onlySession();
    harness.federation.failure = federationError('not_found', federationErrors.userGone);
    const silent = await harness.open(browser, { prompt: 'none' });
    expect(answerOf(silent)['error']).toBe('login_required');
    expect(harness.storage.sessions.asked).toEqual([expect.objectContaining({ id, revokesGrants: true })]);
    harness.federation.failure = undefined;
    expect((await harness.open(browser)).url.pathname).toBe('/dex/auth/local/login');
  });

  it('N38: a person who is kept here is told as they are now, and nobody is answered while that is not known', async () => {
    await start({ connectors: [passwordConnector('local', { refreshesUpstream: false })] });
    await signedIn();
    harness.federation.identity = { userId: 'another', groups: ['left'] };
    expect(authorizationOf(await harness.open(browser))?.identity).toMatchObject({
      userId: 'id-of-jane',
      groups: ['left'],
    });
    harness.federation.failure = unavailable('rpc.unavailable', 'down');
    expect((await harness.open(browser)).status).toBe(503);
    expect(onlySession().subject).toBe(encodeSubject('id-of-jane', 'local'));
  });

  it('nobody is asked about the person of a session that would not do for the request anyway', async () => {
    await start({
      connectors: [passwordConnector('local', { refreshesUpstream: false })],
      clients: [createClient('app'), createClient('other')],
    });
    await signedIn();
    for (const asked of [{ prompt: 'login' }, { max_age: '0' }, { client_id: 'other' }]) {
      expect((await harness.open(browser, asked)).url.pathname).toBe('/dex/auth/local/login');
    }
    expect(harness.federation.refreshed).toEqual([]);
    await harness.open(browser);
    expect(harness.federation.refreshed).toHaveLength(1);
  });

  it('an upstream is not asked at each application', async () => {
    await start();
    await signedIn();
    await harness.open(browser);
    expect(harness.federation.refreshed).toEqual([]);
  });

  it('N55: prompt=login and max_age ask anew, cancelling changes nothing, and auth_time is of the new sign-in', async () => {
    await start();
    await signedIn();
    const before = onlySession();
    harness.clock.advance(100);
    for (const parameters of [{ prompt: 'login' }, { max_age: '60' }]) {
      const login = await harness.open(browser, parameters);
      expect(login.url.pathname).toBe('/dex/auth/ldap/login');
      const cancelled = await cancel(browser, login);
      expect(answerOf(cancelled)['error']).toBe('access_denied');
      expect(onlySession()).toEqual(before);
    }
    const again = authorizationOf(await signIn(browser, await harness.open(browser, { prompt: 'login' })));
    expect(again).toMatchObject({ authTime: harness.clock.now(), sessionId: before.id });
  });

  it('POST from another site, which comes without cookies, is turned into the GET that brings them', async () => {
    await start();
    await signedIn();
    const fields = Object.fromEntries(new URLSearchParams(authorizationQuery({ state: 'posted' })));
    const posted = await harness.post('/auth', fields, { 'sec-fetch-site': 'cross-site' });
    expect([posted.status, posted.location().pathname]).toEqual([303, '/dex/auth']);
    expect(answerOf(await browser.get(posted.location()))).toMatchObject({ state: 'posted', code: expect.anything() });
  });

  it('storage that does not answer is a page that offers to start again, and no code', async () => {
    await start();
    await signedIn();
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    const page = await harness.open(browser);
    expect([page.status, startAgain(page)]).toEqual([503, `/dex/auth?${authorizationQuery()}`]);
  });
});

describe('OIDC Core §3.1.2.6: prompt=none never shows a page', () => {
  const silent = { prompt: 'none' };

  it('is a code in a session', async () => {
    await start();
    await signedIn();
    expect(answerOf(await harness.open(browser, silent))).toHaveProperty('code');
  });

  it.each<[string, HarnessOptions, AuthorizationParameters, string]>([
    ['too old', {}, { max_age: '0' }, 'login_required'],
    [
      'of another connector',
      { connectors: [passwordConnector('ldap'), passwordConnector('b')] },
      { connector_id: 'b' },
      'login_required',
    ],
    ['of another client', { clients: [createClient('app'), createClient('b')] }, { client_id: 'b' }, 'login_required'],
    ['without consent', { oauth2: { skipApprovalScreen: false } }, {}, 'consent_required'],
    ['where the screen is always shown', { oauth2: { alwaysShowLoginScreen: true } }, {}, 'interaction_required'],
  ])('is an error at the client with a session %s', async (_, options, parameters, error) => {
    await start(options);
    await signedIn('jane', { connector_id: 'ldap' });
    const page = await harness.open(browser, { ...silent, ...parameters });
    expect(page.visited).toHaveLength(1);
    expect(answerOf(page)).toMatchObject({ error, state: 'st-1' });
    expect(harness.storage.calls).not.toContain('put');
  });

  it('is login_required without a session, with sessions off, and at the address of a connector', async () => {
    await start();
    const error = 'login_required';
    expect(answerOf(await harness.open(browser, silent))['error']).toBe(error);
    const there = await browser.get(harness.url(`/auth/ldap?${authorizationQuery(silent)}`));
    expect(answerOf(there)['error']).toBe(error);
    await harness.close();
    await start({ sessions: { enabled: false } });
    await signedIn();
    expect(answerOf(await harness.open(browser, silent))['error']).toBe(error);
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('OIDC Core §3.1.2.2: a request that says who has to sign in', () => {
  const claimsFor = (value: string): string => JSON.stringify({ id_token: { sub: { value } } });

  it('is answered in the session of that person', async () => {
    await start();
    await signedIn();
    expect(answerOf(await harness.open(browser, { claims: claimsFor(JANE) }))).toHaveProperty('code');
  });

  it('N57: is login_required for anybody else, signed in before or just now, and their session stays', async () => {
    await start();
    await signedIn('eve');
    const before = onlySession();
    const wanted = { claims: claimsFor(JANE) };
    expect(answerOf(await harness.open(browser, { ...wanted, prompt: 'none' }))['error']).toBe('login_required');
    const login = await harness.open(browser, wanted);
    expect(login.url.pathname).toBe('/dex/auth/ldap/login');
    expect(answerOf(await signIn(browser, login, 'eve'))['error']).toBe('login_required');
    expect(onlySession()).toEqual(before);
    expect(answerOf(await signIn(browser, await harness.open(browser, wanted), 'jane'))).toHaveProperty('code');
  });
});
