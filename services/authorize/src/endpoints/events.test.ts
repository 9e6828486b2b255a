import { federationErrors } from '@tessera/contracts';
import { type ErrorKind, unavailable } from '@tessera/errors';
import { encodeSubject } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { federationError } from '../testing/fake-federation.ts';
import {
  answerOf,
  approve,
  callbackConnector,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  reject,
  signIn,
  startHarness,
} from '../testing/harness.ts';
import { NO_USER_ID } from './sign-in.ts';

const JANE = encodeSubject('id-of-jane', 'ldap');
const signedIn = {
  type: 'sign_in.succeeded',
  key: JANE,
  data: { connectorId: 'ldap', clientId: 'app', userId: 'id-of-jane' },
};
const storageDown = unavailable('storage.unavailable', 'down');

let harness: Harness;
let browser: UserAgent;
beforeEach(() => start());
afterEach(() => harness.close());

async function start(options?: HarnessOptions): Promise<void> {
  harness = await startHarness(options);
  browser = harness.browser();
}

async function restart(options: HarnessOptions): Promise<void> {
  await harness.close();
  await start(options);
}

function typesOfEvents(): readonly string[] {
  return harness.events.recorded.map(({ type }) => type);
}

describe('events of a sign-in that succeeds', () => {
  it('are one for the sign-in and one for the consent, in this order', async () => {
    const question = await signIn(browser, await harness.open(browser, { scope: 'openid email' }));
    expect(harness.events.recorded).toEqual([signedIn]);
    expect(answerOf(await approve(browser, question))).toHaveProperty('code');
    const consent = { type: 'consent.granted', key: JANE, data: { clientId: 'app', scopes: ['openid', 'email'] } };
    expect(harness.events.recorded).toEqual([signedIn, consent]);
    await approve(browser, question);
    expect(harness.events.recorded).toHaveLength(2);
  });

  it('tell of no consent where nobody was asked', async () => {
    await restart({ oauth2: { skipApprovalScreen: true } });
    expect(answerOf(await signIn(browser, await harness.open(browser)))).toHaveProperty('code');
    expect(harness.events.recorded).toEqual([signedIn]);
  });

  it('are one for a person who comes back from an upstream', async () => {
    await restart({ connectors: [callbackConnector('google')] });
    const state = (await harness.open(browser)).url.searchParams.get('state') ?? '';
    for (const _time of [1, 2]) await browser.get(harness.url(`/callback?state=${state}&code=jane`));
    expect(harness.events.recorded).toMatchObject([{ type: 'sign_in.succeeded', data: { connectorId: 'google' } }]);
  });

  it('of two submits at the same time are those of one', async () => {
    const login = await harness.open(browser);
    harness.storage.meet('update', 2);
    const pages = await Promise.all([signIn(browser, login), signIn(browser, login)]);
    expect(pages.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
    const question = pages.find(({ status }) => status === 200) as Page;
    harness.storage.meet('complete', 2);
    await Promise.all([approve(browser, question), approve(browser, question)]);
    expect(typesOfEvents()).toEqual(['sign_in.succeeded', 'consent.granted']);
  });

  it('are there before the answer: while they cannot be kept nobody goes on, and no code is given', async () => {
    const login = await harness.open(browser);
    harness.events.failure = storageDown;
    expect(await signIn(browser, login)).toMatchObject({ status: 503, isStopped: false });
    harness.events.failure = undefined;
    const question = await signIn(browser, login);
    expect(question.url.pathname).toBe('/dex/approval');
    harness.events.failure = storageDown;
    expect(await approve(browser, question)).toMatchObject({ status: 503, isStopped: false });
    expect(harness.events.recorded).toEqual([signedIn]);
  });

  it('are none when storage does not take the sign-in', async () => {
    const login = await harness.open(browser);
    harness.storage.failure = storageDown;
    expect((await signIn(browser, login)).status).toBe(503);
    expect(harness.events.recorded).toEqual([]);
  });
});

describe('events of a sign-in that fails', () => {
  it.each([
    ['unauthenticated', federationErrors.invalidCredentials, 'invalid_credentials'],
    ['conflict', federationErrors.userAmbiguous, 'user_ambiguous'],
    ['permission_denied', federationErrors.notInRequiredGroups, 'not_in_required_groups'],
    ['permission_denied', federationErrors.upstreamRefused, 'upstream_refused'],
    ['permission_denied', NO_USER_ID, 'no_user_id'],
  ] as const)('%s %s has the reason %s, and the client as its key', async (kind, code, reason) => {
    const login = await harness.open(browser);
    harness.federation.failure = federationError(kind, code);
    await signIn(browser, login);
    const data = { connectorId: 'ldap', clientId: 'app', reason };
    expect(harness.events.recorded).toEqual([{ type: 'sign_in.failed', key: 'app', data }]);
  });

  it.each<[ErrorKind, string]>([
    ['unavailable', federationErrors.upstreamUnavailable],
    ['deadline_exceeded', 'rpc.deadline_exceeded'],
    ['internal', 'federation.upstream_misconfigured'],
    ['not_found', federationErrors.unknownConnector],
  ])('%s is a failure of ours or of the network, and no event', async (kind, code) => {
    const login = await harness.open(browser);
    harness.federation.failure = federationError(kind, code);
    await signIn(browser, login);
    expect(harness.events.recorded).toEqual([]);
  });

  it('too many attempts are an event of their own, with the time that the answer tells', async () => {
    const login = await harness.open(browser);
    harness.federation.failure = federationError('resource_exhausted', 'federation.password_checks_exhausted', 6.5);
    const page = await signIn(browser, login);
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, '7']);
    const data = { connectorId: 'ldap', clientId: 'app', retryAfterSeconds: 7 };
    expect(harness.events.recorded).toEqual([{ type: 'sign_in.throttled', key: 'app', data }]);
  });

  it('an upstream that answers something else is one too', async () => {
    await restart({ connectors: [callbackConnector('google')] });
    const state = (await harness.open(browser)).url.searchParams.get('state') ?? '';
    harness.federation.failure = federationError('invalid_argument', federationErrors.invalidCallback);
    await browser.get(harness.url(`/callback?state=${state}&error=canary`));
    const data = { connectorId: 'google', clientId: 'app', reason: 'invalid_callback' };
    expect(harness.events.recorded).toEqual([{ type: 'sign_in.failed', key: 'app', data }]);
  });

  it('a refused consent is one event, however often it is sent', async () => {
    const question = await signIn(browser, await harness.open(browser));
    for (const _time of [1, 2]) await reject(browser, question);
    const denied = { type: 'consent.denied', key: JANE, data: { clientId: 'app', scopes: ['openid'] } };
    expect(harness.events.recorded).toEqual([signedIn, denied]);
  });

  it('a form without a name or a password is no attempt, and its cancel button no failure', async () => {
    const login = await harness.open(browser);
    await signIn(browser, login, '', 'x');
    await signIn(browser, login, 'jane', '');
    await browser.get(new URL(`${login.url.href}&cancel=yes`));
    expect(harness.events.recorded).toEqual([]);
  });
});

it('N96: no event holds what was typed or carried: names, passwords, codes, states, nonces', async () => {
  await restart({ connectors: [passwordConnector('ldap'), callbackConnector('google')] });
  harness.federation.identity = { userId: 'u-1' };
  const parameters = { state: 'canary-state', nonce: 'canary-nonce', login_hint: 'canary-hint' };
  const login = await harness.open(browser, { ...parameters, connector_id: 'ldap' });
  await signIn(browser, login, 'canary-name', 'canary-wrong-password');
  const question = await signIn(browser, login, 'canary-name');
  const code = answerOf(await approve(browser, question))['code'] ?? '';
  const visit = await harness.open(browser, { ...parameters, connector_id: 'google' });
  const state = visit.url.searchParams.get('state') ?? '';
  harness.federation.failure = federationError('permission_denied', federationErrors.upstreamRefused);
  await browser.get(harness.url(`/callback?state=${state}&code=canary-upstream-code`));
  expect(typesOfEvents()).toEqual(['sign_in.failed', 'sign_in.succeeded', 'consent.granted', 'sign_in.failed']);
  const text = JSON.stringify(harness.events.recorded);
  for (const secret of ['canary', state, code, harness.flowOf(code) ?? code]) expect(text).not.toContain(secret);
  expect(code).not.toBe('');
});
