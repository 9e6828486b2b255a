import { afterEach, describe, expect, it } from 'vitest';
import { BROWSER_COOKIE } from '../flow/browser.ts';
import {
  answerOf,
  approve,
  authorizationQuery,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  signIn,
  startHarness,
} from '../testing/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

describe('the cookie of the browser', () => {
  it.each([
    ['http://id.example.com/dex', 'tessera_browser', 'Path=/dex; HttpOnly; SameSite=Lax'],
    ['https://id.example.com/dex', '__Host-tessera_browser', 'Path=/; HttpOnly; SameSite=Lax; Secure'],
    ['https://id.example.com', '__Host-tessera_browser', 'Path=/; HttpOnly; SameSite=Lax; Secure'],
  ])('N53: of %s is set when a sign-in begins, as %s with %s', async (issuer, name, attributes) => {
    const { get } = await start({ issuer });
    const [cookie = '', ...more] = (await get(`/auth/ldap?${authorizationQuery()}`)).headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(new RegExp(`^${name}=[\\w-]{43}; `));
    expect(cookie.slice(cookie.indexOf(';') + 2)).toBe(attributes);
  });

  it('N53: of another host of the domain is not taken where browsers can tell it (RFC 6265bis §4.1.3.2)', async () => {
    const { get } = await start({ issuer: 'https://id.example.com/dex' });
    const begin = (cookie: string) => get(`/auth/ldap?${authorizationQuery()}`, { cookie });
    const planted = 'a'.repeat(43);
    // A neighbour can set any name but one with the prefix, and a longer path puts it in front.
    const first = await begin(`tessera_browser=${planted}`);
    const own = /^__Host-tessera_browser=([\w-]{43})/.exec(first.headers.getSetCookie()[0] ?? '')?.[1] ?? '';
    expect(own).not.toBe(planted);
    const { pathname, search } = first.location();
    const path = `${pathname.slice('/dex'.length)}${search}`;
    expect((await get(path, { cookie: `tessera_browser=${planted}` })).status).toBe(403);
    expect((await get(path, { cookie: `tessera_browser=${planted}; __Host-tessera_browser=${own}` })).status).toBe(200);
  });

  it('stays the same for as long as the browser has it, and says nothing about a person', async () => {
    const { browser, open } = await start();
    const agent = browser();
    await signIn(agent, await open(agent), 'jane');
    const [first] = agent.jar.all();
    await signIn(agent, await open(agent), 'eve');
    expect(agent.jar.all()).toEqual([first]);
    expect(first).toMatchObject({ name: BROWSER_COOKIE, expiresAt: undefined });
  });

  it.each(['short', 'x'.repeat(43).replace('x', '!'), ''])('is replaced when it is not ours: %j', async (value) => {
    const { get } = await start();
    const answer = await get(`/auth/ldap?${authorizationQuery()}`, { cookie: `${BROWSER_COOKIE}=${value}` });
    expect(answer.headers.getSetCookie()).toHaveLength(1);
  });

  it('a POST from another site neither needs nor changes it, so that a sign-in in another tab goes on', async () => {
    const { browser, open, post } = await start();
    const agent = browser();
    const login = await open(agent);
    const before = agent.jar.all();
    const fields = Object.fromEntries(new URLSearchParams(authorizationQuery({ state: 'tab-2' })));
    const posted = await post('/auth', fields, { 'sec-fetch-site': 'cross-site' });
    expect(posted.headers.getSetCookie()).toEqual([]);
    // The GET that follows is a top-level navigation, and brings the cookie.
    const second = await agent.get(posted.location());
    expect(agent.jar.all()).toEqual(before);
    expect(answerOf(await approve(agent, await signIn(agent, login)))['state']).toBe('st-1');
    expect(answerOf(await approve(agent, await signIn(agent, second)))['state']).toBe('tab-2');
  });
});

describe('two tabs', () => {
  it('of one browser both finish, in any order, as whoever signed in there', async () => {
    const { browser, open, storage, flowOf } = await start();
    const agent = browser();
    const one = await open(agent, { state: 'one' });
    const two = await open(agent, { state: 'two' });
    const questionTwo = await signIn(agent, two, 'eve');
    const questionOne = await signIn(agent, one, 'jane');
    const doneTwo = answerOf(await approve(agent, questionTwo));
    const doneOne = answerOf(await approve(agent, questionOne));
    expect([doneOne['state'], doneTwo['state']]).toEqual(['one', 'two']);
    const whoOf = (answer: Record<string, string>): string | undefined =>
      storage.codes.get(flowOf(answer['code'] ?? '') ?? '')?.authorization.identity.userId;
    expect([whoOf(doneOne), whoOf(doneTwo)]).toEqual(['id-of-jane', 'id-of-eve']);
  });

  it('N54: of two browsers never meet', async () => {
    const { browser, open } = await start();
    const [jane, eve] = [browser(), browser()];
    const pageOfJane = await open(jane);
    await open(eve);
    expect((await eve.get(pageOfJane.url)).status).toBe(403);
    expect((await signIn(eve, pageOfJane, 'eve')).status).toBe(403);
    expect(harness.federation.logins).toEqual([]);
  });

  it('a submit twice at the same time signs in once', async () => {
    const { browser, open } = await start({ oauth2: { skipApprovalScreen: true } });
    const agent = browser();
    const page = await open(agent);
    harness.storage.meet('update', 2);
    const pages = await Promise.all([signIn(agent, page), signIn(agent, page)]);
    expect(pages.filter(({ isStopped }) => isStopped)).toHaveLength(1);
    expect(harness.storage.codes.size).toBe(1);
  });
});

describe('the language', () => {
  const zh = 'lang="zh-CN" dir';

  it('OIDC Core §3.1.2.1: of ui_locales goes through the whole sign-in, and is not taken for the choice of the person', async () => {
    const { browser, open } = await start();
    const agent = browser({ 'accept-language': 'en', 'sec-fetch-site': 'cross-site' });
    const login = await open(agent, { ui_locales: 'fr zh' });
    expect(login.body).toContain(zh);
    const failed = await signIn(agent, login, 'jane', 'wrong');
    expect(failed.body).toContain(zh);
    const question = await signIn(agent, failed);
    expect(question.body).toContain(zh);
    const over = await approve(agent, await signIn(agent, login));
    expect(over.isStopped).toBe(true);
    expect(agent.jar.all().map(({ name }) => name)).toEqual([BROWSER_COOKIE]);
    expect((await open(agent)).body).toContain('lang="en" dir');
  });

  it('that a person chose on a page stays for the sign-in and after it, over the wish of the client', async () => {
    const { browser, open, url } = await start();
    const agent = browser({ 'accept-language': 'en' });
    const login = await open(agent, { ui_locales: 'en' });
    const link = /id="language-zh-CN" href="([^"]+)"/.exec(login.body)?.[1]?.replaceAll('&#38;', '&') ?? '';
    const chosen = await agent.get(new URL(link, login.url), { headers: { 'sec-fetch-site': 'same-origin' } });
    expect(chosen.body).toContain(zh);
    const cookie = agent.jar.all().find(({ name }) => name === 'tessera_locale');
    expect(cookie).toMatchObject({ value: 'zh-CN', path: '/dex', isHttpOnly: true, sameSite: 'lax' });
    const question = await signIn(agent, await signIn(agent, chosen, 'jane', 'wrong'));
    expect(question.body).toContain(zh);
    expect((await agent.get(url('/logout'))).body).toContain(zh);
    expect((await open(agent, { ui_locales: 'fr' })).body).toContain(zh);
    expect((await agent.get(url('/auth?ui_locales=fr'))).body).toContain(zh);
  });

  it.each([
    ['cross-site', []],
    ['same-origin', ['tessera_locale=zh-CN; Path=/dex; HttpOnly; SameSite=Lax']],
    ['', ['tessera_locale=zh-CN; Path=/dex; HttpOnly; SameSite=Lax']],
  ])('Fetch Metadata §2.4: of an address is remembered when the person came from "%s"', async (from, cookies) => {
    const { get } = await start({ connectors: [passwordConnector('a'), passwordConnector('b')] });
    const query = authorizationQuery({ ui_locales: 'zh' });
    const answer = await get(`/auth?${query}`, from === '' ? {} : { 'sec-fetch-site': from });
    expect([answer.headers.get('content-language'), answer.headers.getSetCookie()]).toEqual(['zh-CN', cookies]);
  });

  it('RFC 9110 §12.5.4: is else that of Accept-Language', async () => {
    const { get } = await start({ connectors: [passwordConnector('a'), passwordConnector('b')] });
    const answer = await get(`/auth?${authorizationQuery()}`, { 'accept-language': 'fr, zh;q=0.8, en;q=0.5' });
    expect([answer.headers.get('content-language'), answer.headers.getSetCookie()]).toEqual(['zh-CN', []]);
  });

  it('is offered only where a link leads to the same page', async () => {
    const { browser, open } = await start();
    const agent = browser();
    const question = await signIn(agent, await open(agent));
    expect(question.body).toContain('id="languages"');
    await approve(agent, question);
    expect((await approve(agent, question)).body).not.toContain('id="languages"');
  });
});
