import { federationErrors } from '@tessera/contracts';
import type { ErrorKind } from '@tessera/errors';
import { unavailable } from '@tessera/errors';
import { PASSWORD_GUESSES } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { federationError, RIGHT_PASSWORD } from '../testing/fake-federation.ts';
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

let harness: Harness;
afterEach(() => harness.close());

async function openLogin(
  options: HarnessOptions = {},
  parameters: Readonly<Record<string, string | undefined>> = {},
): Promise<{ readonly browser: UserAgent; readonly page: Page }> {
  harness = await startHarness(options);
  const browser = harness.browser();
  return { browser, page: await harness.open(browser, parameters) };
}

/** Path and query of a page, below the issuer's path. */
function below(page: Page): string {
  return `${page.url.pathname.replace('/dex', '')}${page.url.search}`;
}

describe('the form', () => {
  it('Dex: stands at /auth/{connector}/login with fields login and password, prefilled by login_hint', async () => {
    const { page } = await openLogin({}, { login_hint: 'jane@example.com' });
    expect([page.status, page.url.pathname]).toEqual([200, '/dex/auth/ldap/login']);
    expect([...page.url.searchParams.keys()]).toEqual(['state', 'back']);
    expect(page.form('login', 'password').fields).toEqual({ login: 'jane@example.com', password: '' });
    expect(page.body).toContain('Application app');
  });

  it('offers the other ways to sign in only where the client has others', async () => {
    const connectors = [passwordConnector('ldap'), callbackConnector('google')];
    const limited = createClient('limited', { allowedConnectors: ['ldap'] });
    const { browser } = await openLogin({ connectors, clients: [createClient('app'), limited] });
    const page = await harness.open(browser, { connector_id: 'ldap' });
    expect(page.body).toContain('id="back" href="/dex/auth?client_id=app');
    expect((await harness.open(browser, { client_id: 'limited' })).body).not.toContain('id="back"');
  });

  it('takes one storage call to show, and four with one federation call to submit', async () => {
    const { browser, page } = await openLogin();
    expect(harness.storage.calls).toEqual(['put', 'get']);
    harness.storage.calls.length = 0;
    const approval = await signIn(browser, page);
    expect(approval.visited).toHaveLength(2);
    // The last one is the approval page's.
    expect(harness.storage.calls).toEqual(['get', 'countAttempt', 'update', 'findConsent', 'get']);
    expect(harness.federation.logins).toEqual([
      { connectorId: 'ldap', username: 'jane', password: RIGHT_PASSWORD, scopes: ['openid'] },
    ]);
  });
});

describe('a sign-in that succeeds', () => {
  it('RFC 6749 §4.1.2, RFC 9207 §2: ends with a code, the unchanged state and iss at the client, after approval', async () => {
    const state = `${'s'.repeat(128)}%20 "ü`;
    const { browser, page } = await openLogin({}, { state, nonce: 'n-1', scope: 'openid email offline_access' });
    const approval = await signIn(browser, page);
    expect([approval.status, approval.url.pathname]).toEqual([200, '/dex/approval']);
    harness.clock.advance(5);
    const done = await approve(browser, approval);
    expect(done.url.href.startsWith(`${CALLBACK}&code=tsc_`)).toBe(true);
    const { code = '', ...rest } = answerOf(done);
    expect(rest).toEqual({ tenant: '7', state, iss: ISSUER });
    expect(harness.storage.codes.get(harness.flowOf(code) ?? '')).toMatchObject({
      ttlSeconds: 60,
      authorization: {
        clientId: 'app',
        redirectUri: CALLBACK,
        scopes: ['openid', 'email', 'offline_access'],
        nonce: 'n-1',
        connectorId: 'ldap',
        identity: { userId: 'id-of-jane', email: 'jane@people.example.com' },
        connectorData: Buffer.from('data of jane'),
        authTime: new Date('2026-01-01T00:00:00Z'),
        isRefreshable: true,
      },
    });
  });

  it('RFC 6749 §4.1.2: without a state there is none in the answer', async () => {
    const { browser, page } = await openLogin({ oauth2: { skipApprovalScreen: true } }, { state: undefined });
    expect(Object.keys(answerOf(await signIn(browser, page)))).toEqual(['tenant', 'code', 'iss']);
  });

  it.each([
    [{}, true],
    [{ prompt: 'consent' }, false],
    [{ approval_prompt: 'force' }, false],
  ])('Dex: skipApprovalScreen with %j skips the question: %s', async (parameters, isSkipped) => {
    const { browser, page } = await openLogin({ oauth2: { skipApprovalScreen: true } }, parameters);
    expect((await signIn(browser, page)).isStopped).toBe(isSkipped);
  });
});

describe('a sign-in that fails', () => {
  it.each<[string, ErrorKind, string, number, string]>([
    ['wrong password', 'unauthenticated', federationErrors.invalidCredentials, 401, 'is not right'],
    ['name there twice', 'conflict', federationErrors.userAmbiguous, 403, 'needs an administrator'],
    ['not in the groups', 'permission_denied', federationErrors.notInRequiredGroups, 403, 'needs an administrator'],
    ['refused', 'permission_denied', federationErrors.upstreamRefused, 403, 'needs an administrator'],
    ['directory down', 'unavailable', federationErrors.upstreamUnavailable, 503, 'cannot check your password'],
    ['no answer in time', 'deadline_exceeded', 'rpc.deadline', 503, 'cannot check your password'],
  ])('N62: %s keeps the name and not the password, and trying again works', async (_, kind, code, status, words) => {
    const { browser, page } = await openLogin();
    harness.federation.failure = federationError(kind, code);
    const failed = await signIn(browser, page, 'jane "x"', 'canary-typed');
    expect(failed.status).toBe(status);
    expect(failed.body).toContain(words);
    expect(failed.body).not.toContain('canary-typed');
    expect(failed.form('login', 'password').fields).toEqual({ login: 'jane "x"', password: '' });
    expect(harness.logs.join('')).toContain(`"connector_id":"ldap","code":"${code}"`);
    harness.federation.failure = undefined;
    expect((await signIn(browser, failed)).url.pathname).toBe('/dex/approval');
  });

  it('N64: throttling is 429 with Retry-After in whole seconds', async () => {
    const { browser, page } = await openLogin();
    harness.federation.failure = federationError('resource_exhausted', 'federation.throttled', 29.2);
    const failed = await signIn(browser, page);
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([429, '30']);
    expect(failed.body).toContain('30 seconds');
    harness.federation.failure = federationError('resource_exhausted', 'federation.throttled');
    expect((await signIn(browser, failed)).headers.get('retry-after')).toBe('5');
  });

  it('N63: passwords that are tried for one name from one address are counted, however the flow is begun anew', async () => {
    const { browser, page } = await openLogin();
    harness.federation.failure = federationError('unauthenticated', federationErrors.invalidCredentials);
    let failed = await signIn(browser, page, 'jane', 'wrong');
    for (let count = 1; count < PASSWORD_GUESSES; count += 1) failed = await signIn(browser, failed, 'jane', 'wrong');
    harness.federation.failure = undefined;
    harness.federation.logins.length = 0;
    const refused = await signIn(browser, failed, ' JANE');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3600']);
    expect(harness.federation.logins).toEqual([]);
    expect((await signIn(browser, refused, 'joe')).url.pathname).toBe('/dex/approval');
  });

  it('N64: the right password forgets the wrong ones before it', async () => {
    const { browser, page } = await openLogin();
    harness.federation.failure = federationError('unauthenticated', federationErrors.invalidCredentials);
    let failed = await signIn(browser, page, 'jane', 'wrong');
    for (let count = 2; count < PASSWORD_GUESSES; count += 1) failed = await signIn(browser, failed, 'jane', 'wrong');
    harness.federation.failure = undefined;
    expect((await signIn(browser, failed, 'jane')).url.pathname).toBe('/dex/approval');
    expect(harness.storage.calls).toContain('forgetAttempts');
  });

  it.each([
    ['', RIGHT_PASSWORD],
    ['jane', ''],
    [undefined, undefined],
  ])('N65: nothing typed (%j, %j) is a failure that asks nobody', async (login, password) => {
    const { browser, page } = await openLogin();
    const failed = await browser.submit(page.form('login', 'password'), { fields: { login, password } });
    expect(failed.status).toBe(401);
    expect(harness.federation.logins).toEqual([]);
  });

  it('an identity without a user id is nobody', async () => {
    const { browser, page } = await openLogin({ oauth2: { skipApprovalScreen: true } });
    harness.federation.identity = { userId: '' };
    const failed = await signIn(browser, page);
    expect(failed.status).toBe(403);
    expect(failed.body).toContain('needs an administrator');
    expect(harness.storage.codes.size).toBe(0);
  });

  it('what the federation service cannot explain is our mistake, with a way to start again', async () => {
    const { browser, page } = await openLogin();
    harness.federation.failure = federationError('not_found', federationErrors.unknownConnector);
    const failed = await signIn(browser, page);
    expect([failed.status, startAgain(failed)]).toEqual([500, `/dex/auth?${authorizationQuery()}`]);
    expect(harness.logs.join('')).toContain('as the operator reads it');
    expect(failed.body).not.toContain('as the operator reads it');
  });

  it('storage that does not answer is 503 with a way to start again', async () => {
    const { browser, page } = await openLogin();
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    const failed = await signIn(browser, page);
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '1']);
    expect(startAgain(failed)).toBe(`/dex/auth?${authorizationQuery()}`);
    harness.storage.failure = undefined;
    expect((await signIn(browser, page)).url.pathname).toBe('/dex/approval');
  });
});

describe('leaving the form', () => {
  it('N55, RFC 6749 §4.1.2.1: giving up is access_denied at the client, and ends the sign-in', async () => {
    const { browser, page } = await openLogin();
    const cancelForm = page.forms().find(({ action }) => action.searchParams.has('cancel'));
    if (cancelForm === undefined) throw new Error('there is no way out');
    const gone = await browser.submit(cancelForm);
    expect(answerOf(gone)).toEqual({
      tenant: '7',
      error: 'access_denied',
      error_description: 'The person did not sign in.',
      state: 'st-1',
      iss: ISSUER,
    });
    const again = await browser.submit(cancelForm);
    expect([again.status, startAgain(again)]).toEqual([400, `/dex/auth?${authorizationQuery()}`]);
    expect((await signIn(browser, page)).body).toContain('already used');
    expect(harness.federation.logins).toEqual([]);
  });

  it('Dex: another connector in the path, or a connector that has no form, is refused', async () => {
    const connectors = [passwordConnector('ldap'), passwordConnector('other'), callbackConnector('google')];
    const { browser } = await openLogin({ connectors });
    const page = await harness.open(browser, { connector_id: 'ldap' });
    for (const other of ['other', 'google', 'nothing']) {
      const wrong = await browser.get(harness.url(below(page).replace('/ldap/', `/${other}/`)));
      expect([wrong.status, startAgain(wrong)]).toEqual([400, `/dex/auth?${authorizationQuery()}`]);
    }
  });

  it('a connector that is taken from the client meanwhile cannot be used any more', async () => {
    const { browser, page } = await openLogin();
    harness.clients.set('app', createClient('app', { allowedConnectors: ['other'] }));
    expect((await signIn(browser, page)).status).toBe(400);
    expect(harness.federation.logins).toEqual([]);
  });

  it('a field that is there twice is refused', async () => {
    const { browser, page } = await openLogin();
    const form = page.form('login', 'password');
    const cookie = browser.jar.header(form.action) ?? '';
    const body = 'login=a&login=b&password=c';
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await fetch(form.action, { method: 'POST', body, headers })).status).toBe(400);
    expect(harness.federation.logins).toEqual([]);
  });

  it('Dex: without a state, or with an unknown one, a page explains', async () => {
    await openLogin();
    const missing = await harness.get('/auth/ldap/login');
    expect([missing.status, startAgain(missing)]).toEqual([400, undefined]);
    const unknown = await harness.get(`/auth/ldap/login?state=${'A'.repeat(22)}`);
    expect(unknown.status).toBe(400);
    expect(unknown.body).toContain('has expired');
    harness.storage.calls.length = 0;
    expect((await harness.get('/auth/ldap/login?state=not-an-id')).status).toBe(400);
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('addresses of the form', () => {
  it('hold only what we wrote: a hostile query is not repeated', async () => {
    const { browser, page } = await openLogin();
    const state = page.url.searchParams.get('state') ?? '';
    for (const extra of ['&x=\\evil', `&x=${'y'.repeat(9_000)}`, '&x="><script>', '&back=//evil.example/']) {
      const again = await browser.get(`${harness.url('/auth/ldap/login')}?state=${state}${extra}`);
      expect(again.status).toBe(200);
      const { action } = again.form('login', 'password');
      expect(action.href).toBe(page.form('login', 'password').action.href);
    }
  });

  it('leave out a way back that would make them too long, and the form still works', async () => {
    const { browser, page } = await openLogin({}, { state: 'ü'.repeat(900) });
    expect([...page.url.searchParams.keys()]).toEqual(['state']);
    const approval = await signIn(browser, page);
    expect([...approval.url.searchParams.keys()]).toEqual(['req', 'hmac']);
    expect(answerOf(await approve(browser, approval))['state']).toBe('ü'.repeat(900));
  });
});
