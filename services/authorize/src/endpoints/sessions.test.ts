import { encodeSubject } from '@tessera/oauth';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  approve,
  authorizationQuery,
  callbackConnector,
  createClient,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  signIn,
  startAgain,
  startHarness,
} from '../testing/harness.ts';

let harness: Harness;
let browser: UserAgent;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  harness = await startHarness({ ...options, sessions: { enabled: true, ...options.sessions } });
  browser = harness.browser();
}

const skip = { oauth2: { skipApprovalScreen: true } };
const cookieOf = (agent: UserAgent) => agent.jar.all().find(({ name }) => name === 'tessera_session');
const sessions = () => [...harness.storage.sessions.sessions.values()].map(({ value }) => value);

describe('a sign-in', () => {
  it('begins a session, on record, and takes one durable write', async () => {
    await start(skip);
    const login = await harness.open(browser);
    harness.storage.calls.length = 0;
    await signIn(browser, login);
    expect(harness.storage.calls).toEqual(['get', 'countAttempt', 'update', 'createSession', 'complete']);
    const [session] = sessions();
    expect(session).toMatchObject({
      subject: encodeSubject('id-of-jane', 'ldap'),
      connectorId: 'ldap',
      authTime: harness.clock.now(),
      clientIds: ['app'],
    });
    const key = session?.subject;
    const signedIn = JSON.stringify({ connectorId: 'ldap', clientId: 'app', userId: 'id-of-jane' });
    const started = JSON.stringify({ sessionId: session?.id, connectorId: 'ldap' });
    expect(harness.storage.sessions.events).toMatchObject([
      { type: 'sign_in.succeeded', key, data: signedIn },
      { type: 'session.started', key, data: started },
    ]);
    // Both came with the session, and neither by a statement of its own.
    expect(harness.events.recorded).toEqual([]);
  });

  it('N65: the cookie holds more than the id, which is told to clients', async () => {
    await start(skip);
    await signIn(browser, await harness.open(browser));
    const { value = '' } = cookieOf(browser) ?? {};
    const [id = ''] = value.split('.');
    expect(id).toBe(sessions()[0]?.id);
    const path = `/auth?${authorizationQuery()}`;
    expect((await harness.get(path, { cookie: `tessera_session=${value}` })).location().host).toBe('app.example.com');
    for (const forged of [id, `${id}.1`, `${id}.1.${'A'.repeat(44)}`, value.slice(0, -1)]) {
      const answer = await harness.get(path, { cookie: `tessera_session=${forged}` });
      expect(answer.location().pathname).toBe('/dex/auth/ldap');
    }
  });

  it('does not note a client that the person has not agreed to yet', async () => {
    await start();
    const question = await signIn(browser, await harness.open(browser));
    expect(sessions()[0]?.clientIds).toEqual([]);
    harness.storage.calls.length = 0;
    await approve(browser, question);
    expect(harness.storage.calls).toEqual(['get', 'findSession', 'updateSession', 'complete']);
    expect(sessions()[0]?.clientIds).toEqual(['app']);
  });

  it('by an upstream is kept as `fed`, for as long as the configuration says', async () => {
    await start({ ...skip, connectors: [callbackConnector('google')] });
    const state = (await harness.open(browser)).url.searchParams.get('state') ?? '';
    const page = await browser.get(harness.url(`/callback?state=${state}&code=jane`));
    const flowId = harness.flowOf(answerOf(page)['code'] ?? '') ?? '';
    expect(harness.storage.codes.get(flowId)?.authorization.details?.amr).toEqual(['fed']);
    expect(cookieOf(browser)?.expiresAt).toBeInstanceOf(Date);
    expect(answerOf(await harness.open(browser))).toHaveProperty('code');
  });

  it('with sessions switched off keeps nothing and sets nothing', async () => {
    await start({ ...skip, sessions: { enabled: false } });
    const login = await harness.open(browser);
    expect(login.body).not.toContain('remember_me');
    await signIn(browser, login);
    expect(sessions()).toEqual([]);
    expect(browser.jar.all().map(({ name }) => name)).toEqual(['tessera_browser']);
  });
});

describe('staying signed in', () => {
  it.each([
    [true, 'ticked'],
    [false, 'not ticked'],
  ])('is the box of the form, which by default (%s) is %s', async (rememberMeCheckedByDefault) => {
    await start({ ...skip, sessions: { rememberMeCheckedByDefault } });
    const login = await harness.open(browser);
    expect(login.form('login').fields['remember_me']).toBe(rememberMeCheckedByDefault ? 'yes' : undefined);
    const failed = await browser.submit(login.form('login'), {
      fields: { login: 'jane', password: 'wrong', remember_me: rememberMeCheckedByDefault ? undefined : 'yes' },
    });
    // What the person chose is kept through a failure.
    expect('remember_me' in failed.form('login').fields).toBe(!rememberMeCheckedByDefault);
    await signIn(browser, failed);
    expect(cookieOf(browser)?.expiresAt === undefined).toBe(rememberMeCheckedByDefault);
  });

  it('can be chosen where the ways to sign in are, also for an upstream; the word of a client does not count', async () => {
    await start({ ...skip, connectors: [callbackConnector('google'), callbackConnector('b')] });
    const page = await harness.open(browser);
    const change = /id="stay-signed-in-change" href="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&#38;', '&') ?? '';
    expect(change).toBe(`/dex/auth?${authorizationQuery()}&remember_me=no`);
    for (const [site, isKept] of [
      ['same-origin', false],
      ['cross-site', true],
    ] as const) {
      browser.jar.clear();
      const path = `/auth/google?${authorizationQuery()}&remember_me=no`;
      const there = await browser.get(harness.url(path), { headers: { 'sec-fetch-site': site } });
      const state = there.url.searchParams.get('state') ?? '';
      await browser.get(harness.url(`/callback?state=${state}&code=jane`));
      expect(cookieOf(browser)?.expiresAt !== undefined).toBe(isKept);
    }
  });
});

describe('the next sign-in in the same browser', () => {
  it('N53: of the same person goes on with the session, and the cookie of before opens nothing', async () => {
    await start(skip);
    await signIn(browser, await harness.open(browser));
    const before = cookieOf(browser)?.value ?? '';
    const [first] = sessions();
    await signIn(browser, await harness.open(browser, { prompt: 'login' }));
    expect(sessions().map(({ id }) => id)).toEqual([first?.id]);
    expect(cookieOf(browser)?.value).not.toBe(before);
    const path = `/auth?${authorizationQuery()}`;
    const stale = await harness.get(path, { cookie: `tessera_session=${before}` });
    expect(stale.location().pathname).toBe('/dex/auth/ldap');
    expect(answerOf(await harness.open(browser))).toHaveProperty('code');
  });

  it('N54: of another person ends the session, tells its clients, and begins another under another id', async () => {
    const backchannelLogoutUri = 'https://app.example.com/logout';
    await start({ ...skip, clients: [createClient('app', { settings: { backchannelLogoutUri } })] });
    await signIn(browser, await harness.open(browser));
    const [first] = sessions();
    await signIn(browser, await harness.open(browser, { prompt: 'login' }), 'eve');
    const [second, ...more] = sessions();
    expect(more).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
    expect(second?.subject).toBe(encodeSubject('id-of-eve', 'ldap'));
    expect(harness.storage.sessions.ended).toEqual([{ id: first?.id, reason: 'other_person', revokesGrants: false }]);
    expect([...harness.storage.sessions.deliveries.values()]).toMatchObject([
      { clientId: 'app', sessionId: first?.id, subject: first?.subject },
    ]);
  });

  it('N53: a session that was planted is not the one that the person signs in to', async () => {
    await start(skip);
    const attacker = harness.browser();
    await signIn(attacker, await harness.open(attacker), 'eve');
    const planted = cookieOf(attacker)?.value ?? '';
    const login = await harness.open(browser, { prompt: 'login' });
    browser.jar.store(login.url, [`tessera_session=${planted}; Path=/dex`]);
    await signIn(browser, login, 'jane');
    expect(cookieOf(browser)?.value.split('.')[0]).not.toBe(planted.split('.')[0]);
    // Eve's cookie opens neither Jane's session nor, ended with it, her own.
    expect((await harness.open(attacker)).url.pathname).toBe('/dex/auth/ldap/login');
  });

  it('N53: a sign-in in another browser is another session', async () => {
    await start(skip);
    const other = harness.browser();
    for (const agent of [browser, other]) await signIn(agent, await harness.open(agent));
    expect(new Set(sessions().map(({ id }) => id)).size).toBe(2);
  });
});

describe('a session that ends while the question is open', () => {
  it('N54: gives no tokens: the answer is a page that offers to start again', async () => {
    await start();
    const question = await signIn(browser, await harness.open(browser));
    harness.storage.sessions.sessions.clear();
    const page = await approve(browser, question);
    expect([page.status, startAgain(page)]).toEqual([400, `/dex/auth?${authorizationQuery()}`]);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('N54: also where another person signs in meanwhile, in another tab', async () => {
    await start({ connectors: [passwordConnector('ldap')] });
    const question = await signIn(browser, await harness.open(browser));
    await signIn(browser, await harness.open(browser, { prompt: 'login' }), 'eve');
    expect((await approve(browser, question)).status).toBe(400);
    expect(harness.storage.codes.size).toBe(0);
  });
});
