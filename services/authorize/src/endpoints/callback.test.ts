import { federationErrors } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { federationError, UPSTREAM } from '../testing/fake-federation.ts';
import {
  answerOf,
  approve,
  authorizationQuery,
  callbackConnector,
  type Harness,
  ISSUER,
  passwordConnector,
  signIn,
  startAgain,
  startHarness,
} from '../testing/harness.ts';

const RESTART = `/dex/auth?${authorizationQuery({ scope: 'openid email', login_hint: 'jane' })}`;

let harness: Harness;
let browser: UserAgent;
let state: string;
beforeEach(async () => {
  harness = await startHarness({ connectors: [callbackConnector('google'), passwordConnector('ldap')] });
  browser = harness.browser();
  const page = await begin();
  state = page.url.searchParams.get('state') ?? '';
  harness.storage.calls.length = 0;
});
afterEach(() => harness.close());

function begin(): Promise<Page> {
  return harness.open(browser, { connector_id: 'google', login_hint: 'jane', scope: 'openid email' });
}

function comeBack(agent = browser, path = '/callback'): Promise<Page> {
  return agent.get(harness.url(`${path}?state=${state}&code=jane`));
}

describe('the way to the upstream', () => {
  it('Dex: is a redirect with our state, and takes one storage and one federation call', async () => {
    const page = await begin();
    expect(page.url.href.startsWith(`${UPSTREAM}?state=`)).toBe(true);
    expect(harness.storage.calls).toEqual(['put']);
    expect(harness.federation.begun.at(-1)).toEqual({
      connectorId: 'google',
      state: page.url.searchParams.get('state'),
      scopes: ['openid', 'email'],
      loginHint: 'jane',
    });
  });

  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age', { max_age: '60' }],
  ])('OIDC Core §3.1.2.1, N55: %s asks the upstream for a fresh sign-in', async (_what, parameters) => {
    await harness.open(browser, { connector_id: 'google', scope: 'openid', ...parameters });
    expect(harness.federation.begun.at(-1)).toMatchObject({ needsFreshSignIn: true });
  });

  it('an upstream that is down is 503 with a way to start again, and nothing is kept', async () => {
    harness.federation.failure = federationError('unavailable', federationErrors.upstreamUnavailable);
    const page = await begin();
    expect([page.status, startAgain(page)]).toEqual([503, RESTART]);
    expect(page.body).toContain('Application app');
    expect(harness.storage.calls).toEqual([]);
    harness.federation.failure = undefined;
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    expect((await begin()).status).toBe(503);
  });
});

describe('the way back', () => {
  it.each(['/callback', '/callback/google'])('Dex: by %s ends with a code, after approval', async (path) => {
    const question = await comeBack(browser, path);
    expect(question.url.pathname).toBe('/dex/approval');
    expect(harness.storage.calls).toEqual(['get', 'update', 'findConsent', 'get']);
    expect(harness.federation.completed).toEqual([
      {
        connectorId: 'google',
        state,
        parameters: new URLSearchParams({ state, code: 'jane' }).toString(),
        connectorData: Buffer.from(`begun ${state}`),
        scopes: ['openid', 'email'],
      },
    ]);
    expect(answerOf(await approve(browser, question))).toMatchObject({ state: 'st-1', iss: ISSUER });
  });

  it('N26: works once for each state, before and after the sign-in ended', async () => {
    const question = await comeBack();
    const replayed = await comeBack();
    expect([replayed.status, startAgain(replayed)]).toEqual([400, RESTART]);
    await approve(browser, question);
    const later = await comeBack();
    expect(later.status).toBe(400);
    expect(later.body).toContain('already used');
    expect(harness.federation.completed).toHaveLength(1);
    expect(harness.storage.codes.size).toBe(1);
  });

  it('N26: two at the same time sign in once', async () => {
    harness.storage.meet('update', 2);
    const pages = await Promise.all([comeBack(), comeBack()]);
    expect(pages.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it('N26, N53: in another browser is refused, without asking the upstream or telling of the request', async () => {
    const other = harness.browser();
    await harness.open(other, { connector_id: 'google' });
    for (const agent of [other, harness.browser()]) {
      const page = await comeBack(agent);
      expect([page.status, startAgain(page)]).toEqual([403, undefined]);
      expect(page.body).not.toContain('st-1');
    }
    expect(harness.federation.completed).toEqual([]);
    expect((await comeBack()).url.pathname).toBe('/dex/approval');
  });

  it('Dex: by the path of another connector is refused', async () => {
    for (const path of ['/callback/ldap', '/callback/unknown']) {
      const page = await comeBack(browser, path);
      expect([page.status, startAgain(page)]).toEqual([400, RESTART]);
    }
    expect(harness.federation.completed).toEqual([]);
  });

  it('with the state of a sign-in by password is refused', async () => {
    const login = await harness.open(browser, { connector_id: 'ldap' });
    state = login.url.searchParams.get('state') ?? '';
    expect((await comeBack()).status).toBe(400);
    expect(harness.federation.completed).toEqual([]);
    expect((await signIn(browser, login)).url.pathname).toBe('/dex/approval');
  });

  it.each(['', '?code=x', `?state=${'A'.repeat(22)}`, '?state=x'])(
    'with "%s" is a page that explains',
    async (query) => {
      expect((await harness.get(`/callback${query}`)).status).toBe(400);
    },
  );

  it('with two states is refused', async () => {
    expect((await harness.get(`/callback?state=${state}&state=${state}`)).status).toBe(400);
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('the way back by POST', () => {
  it('RFC 6265bis §5.5.7.1: from another site, where browsers leave our cookie out, becomes a GET', async () => {
    const answer = await harness.post(
      '/callback/google',
      { state, code: 'jane' },
      { origin: 'https://upstream.example.com' },
    );
    expect(answer.status).toBe(303);
    expect(harness.storage.calls).toEqual([]);
    expect((await browser.get(answer.location())).url.pathname).toBe('/dex/approval');
  });

  it('with the cookie is taken as it is', async () => {
    const cookie = browser.jar.header(new URL(harness.url('/callback'))) ?? '';
    const answer = await harness.post('/callback', { state, code: 'jane' }, { cookie });
    expect(answer.location().pathname).toBe('/dex/approval');
    expect(harness.federation.completed.at(-1)?.parameters).toBe(`state=${state}&code=jane`);
  });

  it('too long for an address ends with an explanation', async () => {
    expect((await harness.post('/callback', { state, code: 'x'.repeat(8_000) })).status).toBe(403);
  });
});

describe('an upstream that says no', () => {
  it('RFC 6749 §4.1.2.1: refused there is access_denied at the client', async () => {
    harness.federation.failure = federationError('permission_denied', federationErrors.upstreamRefused);
    expect(answerOf(await comeBack())).toEqual({
      tenant: '7',
      error: 'access_denied',
      error_description: 'The sign-in was refused.',
      state: 'st-1',
      iss: ISSUER,
    });
    harness.federation.failure = undefined;
    expect((await comeBack()).body).toContain('already used');
  });

  it.each([
    ['not in the groups', 'permission_denied', federationErrors.notInRequiredGroups, 403],
    ['not an answer to what was asked', 'invalid_argument', federationErrors.invalidCallback, 400],
    ['down', 'unavailable', federationErrors.upstreamUnavailable, 503],
    ['busy', 'resource_exhausted', 'federation.throttled', 503],
    ['unknown', 'not_found', federationErrors.unknownConnector, 500],
  ] as const)('%s is a page with a way to start again, and a trace without a name', async (_, kind, code, status) => {
    harness.federation.failure = federationError(kind, code);
    const page = await comeBack();
    expect([page.status, page.isStopped]).toEqual([status, false]);
    expect(startAgain(page)).toBe(RESTART);
    expect(harness.logs.join('')).toContain(`"client_id":"app","connector_id":"google","code":"${code}"`);
    expect(harness.storage.codes.size).toBe(0);
  });

  it('an identity without a user id is nobody', async () => {
    harness.federation.identity = { userId: '' };
    expect((await comeBack()).status).toBe(403);
    expect(harness.storage.calls).toEqual(['get']);
  });
});
