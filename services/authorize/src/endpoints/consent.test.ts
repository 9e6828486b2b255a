import { encodeSubject } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  approve,
  authorizationQuery,
  cancel,
  createClient,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  reject,
  signIn,
  startHarness,
} from '../testing/harness.ts';

const JANE = encodeSubject('id-of-jane', 'ldap');
const scope = 'openid email groups';

let harness: Harness;
let browser: UserAgent;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  harness = await startHarness(options);
  browser = harness.browser();
}

async function ask(parameters: Readonly<Record<string, string>> = { scope }): Promise<Page> {
  return signIn(browser, await harness.open(browser, parameters));
}

const answer = (page: Page, fields: Readonly<Record<string, string | undefined>>) =>
  browser.submit(page.form('hmac'), { fields: { approval: 'approve', ...fields } });
const remember = (page: Page) => answer(page, { remember: 'yes' });

function authorizationOf(page: Page) {
  const id = harness.flowOf(answerOf(page)['code'] ?? '') ?? '';
  return harness.storage.codes.get(id)?.authorization;
}

describe('a consent that is remembered', () => {
  it.each([true, false])('is not asked for again, with and without sessions (%s)', async (enabled) => {
    await start({ sessions: { enabled } });
    await remember(await ask());
    browser.jar.clear();
    expect(answerOf(await ask())).toHaveProperty('code');
    browser.jar.clear();
    expect((await ask({ scope: `${scope} profile` })).url.pathname).toBe('/dex/approval');
  });

  it('is remembered only if the person ticks the box, and of this client only', async () => {
    await start({ clients: [createClient('app'), createClient('other')] });
    await approve(browser, await ask());
    expect(harness.storage.sessions.consents.size).toBe(0);
    await remember(await ask());
    expect([...harness.storage.sessions.consents.keys()]).toEqual([`${JANE} app`]);
    expect((await ask({ scope, client_id: 'other' })).url.pathname).toBe('/dex/approval');
  });

  it('is one event: with what is remembered, else by itself', async () => {
    await start();
    await remember(await ask());
    const types = () => harness.events.recorded.map(({ type }) => type);
    expect(types()).toEqual(['sign_in.succeeded']);
    expect(harness.storage.calls).toContain('putConsent');
    await answer(await ask({ scope, prompt: 'consent' }), {});
    expect(types()).toEqual(['sign_in.succeeded', 'sign_in.succeeded', 'consent.granted']);
  });

  it('is not offered where the client forbids it, and a form that asks for it all the same is not heard', async () => {
    await start({ clients: [createClient('app', { settings: { allowRememberConsent: false } })] });
    const question = await ask();
    expect(question.body).not.toContain('id="remember"');
    await remember(question);
    expect(harness.storage.sessions.consents.size).toBe(0);
  });

  it('never traps anyone: the sign-in can be refused before it says yes', async () => {
    await start();
    await remember(await ask());
    const login = await harness.open(browser, { scope });
    const refused = await cancel(browser, login);
    expect(answerOf(refused)['error']).toBe('access_denied');
  });
});

describe('a scope that is unticked', () => {
  it('is not in what the code stands for, and not in what is remembered', async () => {
    await start();
    const question = await ask();
    expect(question.form('hmac').fields).toMatchObject({
      choice: 'yes',
      'scope-0': 'yes',
      'scope-1': 'yes',
      'scope-2': 'yes',
    });
    const done = await answer(question, { 'scope-2': undefined, remember: 'yes' });
    expect(authorizationOf(done)?.scopes).toEqual(['openid', 'email']);
    expect(harness.storage.sessions.consents.get(`${JANE} app`)?.scopes).toEqual(['openid', 'email']);
  });

  it('does not come back by a claim that is asked for by itself (OIDC Core §5.5)', async () => {
    await start();
    const claims = JSON.stringify({ userinfo: { email: null, given_name: null } });
    const question = await ask({ scope: 'openid email', claims });
    expect(question.body).toContain('given_name');
    expect(question.body).not.toContain('id="remember"');
    const done = authorizationOf(await answer(question, { 'scope-1': undefined }));
    expect(Object.keys(done?.details?.claims?.userinfo ?? {})).toEqual(['given_name']);
  });

  it('N95: that is required is a mistake of the form: no code, and the question stays open', async () => {
    await start();
    const question = await ask();
    const page = await answer(question, { 'scope-0': undefined });
    expect([page.status, page.isStopped]).toEqual([400, false]);
    expect(harness.storage.codes.size).toBe(0);
    expect(answerOf(await approve(browser, question))).toHaveProperty('code');
  });

  it('is told with its name and what it is for', async () => {
    const definition = { required: true, emphasize: true, showInDiscovery: true, claims: [], claimMappings: {} };
    await start({
      resources: {
        identityResources: [],
        apiScopes: [{ ...definition, name: 'pay', displayName: 'Pay bills', description: 'From <your> account' }],
        apiResources: [],
      },
    });
    const { body } = await ask({ scope: 'openid email pay' });
    expect(body).toContain('Pay bills');
    expect(body).toContain('From &#60;your&#62; account');
    expect(body).toContain('class="emphasis"');
  });
});

describe('refusing', () => {
  it('RFC 6749 §4.1.2.1: the question is access_denied at the client, and nothing is remembered', async () => {
    await start();
    expect(answerOf(await reject(browser, await ask()))['error']).toBe('access_denied');
    expect(harness.storage.sessions.consents.size).toBe(0);
    expect(harness.events.recorded.at(-1)).toMatchObject({
      type: 'consent.denied',
      data: { scopes: scope.split(' ') },
    });
  });

  it('RFC 6749 §4.1.2.1: the choice of a way to sign in is access_denied at the client, and nothing is stored', async () => {
    await start({ connectors: [passwordConnector('ldap'), passwordConnector('b')] });
    const page = await harness.open(browser, { state: 'a b&c' });
    const done = await browser.submit(page.form());
    expect(answerOf(done)).toMatchObject({ error: 'access_denied', state: 'a b&c' });
    expect(harness.storage.calls).toEqual([]);
  });

  it('N11: the address that refuses checks the request like any other', async () => {
    await start();
    const query = authorizationQuery({ redirect_uri: 'https://evil.example.com/' });
    const answered = await harness.post(`/auth?${query}&cancel=yes`, {});
    expect([answered.status, answered.headers.get('location')]).toEqual([400, null]);
  });
});
