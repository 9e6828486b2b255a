import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  approve,
  authorizationQuery,
  createClient,
  type Harness,
  ISSUER,
  passwordConnector,
  reject,
  signIn,
  startAgain,
  startHarness,
} from '../testing/harness.ts';

const RESTART = `/dex/auth?${authorizationQuery()}`;

let harness: Harness;
let browser: UserAgent;
let login: Page;
let question: Page;
beforeEach(async () => {
  harness = await startHarness();
  browser = harness.browser();
  login = await harness.open(browser);
  question = await signIn(browser, login);
  harness.storage.calls.length = 0;
});
afterEach(() => harness.close());

describe('the question', () => {
  it('OIDC Core §3.1.2.4: names the application and the person, and takes one storage call', async () => {
    const page = await browser.get(question.url);
    expect(page.status).toBe(200);
    expect(page.body).toContain('Application app');
    expect(page.body).toContain('jane@people.example.com');
    expect(Object.keys(page.form('hmac').fields)).toEqual(['req', 'hmac']);
    expect(harness.storage.calls).toEqual(['get']);
  });

  it('names the other applications that the tokens would be for', async () => {
    harness.clients.set('peer', createClient('peer', { name: 'Payroll', trustedPeers: ['app'] }));
    const page = await harness.open(browser, { scope: 'openid audience:server:client_id:peer' });
    expect((await signIn(browser, page)).body).toContain('Payroll');
  });
});

describe('the answer', () => {
  it('yes gives one code, for two storage calls', async () => {
    expect(answerOf(await approve(browser, question))).toMatchObject({ state: 'st-1', iss: ISSUER });
    expect(harness.storage.calls).toEqual(['get', 'complete']);
    expect(harness.storage.codes.size).toBe(1);
  });

  it('RFC 6749 §4.1.2.1: no is access_denied at the client, and no code', async () => {
    expect(answerOf(await reject(browser, question))).toEqual({
      tenant: '7',
      error: 'access_denied',
      error_description: 'The person did not agree.',
      state: 'st-1',
      iss: ISSUER,
    });
    expect(harness.storage.codes.size).toBe(0);
    expect((await approve(browser, question)).status).toBe(400);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('Dex: anything but approve is no', async () => {
    const done = await browser.submit(question.form('hmac'), { fields: { approval: 'APPROVE' } });
    expect(answerOf(done)['error']).toBe('access_denied');
  });

  it('a second submit gets a page that offers to start again, and one code stays one', async () => {
    await approve(browser, question);
    for (const page of [
      await approve(browser, question),
      await browser.get(question.url),
      await browser.get(login.url),
    ]) {
      expect([page.status, startAgain(page)]).toEqual([400, RESTART]);
      expect(page.body).toContain('already used');
    }
    expect(harness.storage.codes.size).toBe(1);
  });

  it('of submits at the same time one reaches the client, and the others get the page', async () => {
    harness.storage.meet('complete', 3);
    const pages = await Promise.all([
      approve(browser, question),
      approve(browser, question),
      reject(browser, question),
    ]);
    expect(pages.filter(({ isStopped }) => isStopped)).toHaveLength(1);
    for (const page of pages.filter(({ isStopped }) => !isStopped)) expect(startAgain(page)).toBe(RESTART);
    expect(harness.storage.codes.size).toBeLessThanOrEqual(1);
  });

  it('keys that are not loaded are 503 before the sign-in ends, so that the next try works', async () => {
    harness.secrets.areLoaded = false;
    const failed = await approve(browser, question);
    expect([failed.status, startAgain(failed)]).toEqual([503, RESTART]);
    harness.secrets.areLoaded = true;
    expect(answerOf(await approve(browser, question))).toHaveProperty('code');
  });
});

describe('N95: the value that ties the question to the sign-in', () => {
  const flipped = (text: string): string => `${text.slice(0, 10)}${text[10] === 'A' ? 'B' : 'A'}${text.slice(11)}`;

  it.each([
    ['missing', () => undefined],
    ['changed', flipped],
    ['of another kind', () => 'x'],
  ])('is needed: %s', async (_, change) => {
    const { hmac = '' } = question.form('hmac').fields;
    const page = await browser.submit(question.form('hmac'), { fields: { hmac: change(hmac), approval: 'approve' } });
    expect([page.status, startAgain(page)]).toEqual([400, RESTART]);
    const address = new URL(question.url);
    address.searchParams.set('hmac', change(hmac) ?? '');
    expect((await browser.get(address)).status).toBe(400);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('is of one flow: another one of the same browser has another', async () => {
    const other = await signIn(browser, await harness.open(browser));
    const { req } = other.form('hmac').fields;
    const page = await browser.submit(question.form('hmac'), { fields: { req, approval: 'approve' } });
    expect(page.status).toBe(400);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('is of one sign-in: after another person signed in, the earlier question is over', async () => {
    const second = await signIn(browser, login, 'eve');
    const stale = await approve(browser, question);
    expect([stale.status, startAgain(stale)]).toEqual([400, RESTART]);
    const { code = '' } = answerOf(await approve(browser, second));
    expect(harness.storage.codes.get(harness.flowOf(code) ?? '')?.authorization.identity.userId).toBe('id-of-eve');
  });

  it('N53: is of no use in another browser, which learns nothing of the request', async () => {
    const other = harness.browser();
    await harness.open(other);
    for (const agent of [other, harness.browser()]) {
      const address = new URL(question.url);
      address.searchParams.delete('back');
      const page = await agent.get(address);
      expect(page.status).toBe(403);
      expect(page.body).toContain('another browser');
      expect(page.body).not.toContain('st-1');
      expect((await approve(agent, question)).status).toBe(403);
    }
    expect(harness.storage.codes.size).toBe(0);
    expect(answerOf(await approve(browser, question))).toHaveProperty('code');
  });
});

describe('what changes between sign-in and answer', () => {
  it.each([
    ['disabled', createClient('app', { isEnabled: false })],
    ['gone', undefined],
    ['without this redirect URI', createClient('app', { redirectUris: ['https://elsewhere.example.com/cb'] })],
  ])('N14, N38: a client that is %s is not answered any more, not even with a no', async (_, client) => {
    if (client === undefined) harness.clients.delete('app');
    else harness.clients.set('app', client);
    for (const page of [await approve(browser, question), await reject(browser, question)]) {
      expect([page.status, page.isStopped]).toEqual([403, false]);
    }
    expect(harness.storage.codes.size).toBe(0);
  });

  it('a connector that is gone or not for this client any more gives no code', async () => {
    harness.connectors[0] = passwordConnector('ldap', { grantTypes: ['password'] });
    const page = await approve(browser, question);
    expect([page.status, startAgain(page)]).toEqual([403, RESTART]);
    harness.connectors.length = 0;
    expect((await approve(browser, question)).status).toBe(403);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('a question left open too long has expired, and offers to start again', async () => {
    harness.clock.advance(601);
    for (const page of [await approve(browser, question), await browser.get(login.url), await signIn(browser, login)]) {
      expect([page.status, startAgain(page)]).toEqual([400, RESTART]);
      expect(page.body).toContain('has expired');
    }
    expect(harness.storage.codes.size).toBe(0);
  });
});

it('starting again leads back to a form that works', async () => {
  await approve(browser, question);
  const over = await approve(browser, question);
  const again = await browser.get(new URL(startAgain(over) ?? '', over.url));
  const done = await approve(browser, await signIn(browser, again));
  expect(answerOf(done)).toMatchObject({ state: 'st-1' });
});

it.each(['https://evil.example/', '//evil.example/dex/auth?x', '/dex/logout', '/dex/auth?a\\b', '/\t/evil.example'])(
  'N11: a page never offers %j as the way back',
  async (back) => {
    const path = `/approval?${new URLSearchParams({ req: 'A'.repeat(22), hmac: 'x', back }).toString()}`;
    const page = await harness.get(path);
    expect([page.status, startAgain(page)]).toEqual([400, undefined]);
    expect(page.body).not.toMatch(/href="[^"]*evil\.example\/"/);
  },
);
