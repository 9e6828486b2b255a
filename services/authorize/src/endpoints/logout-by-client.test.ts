import { encodeSubject } from '@tessera/oauth';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, expect, it } from 'vitest';
import { federationError } from '../testing/fake-federation.ts';
import { createClient, type Harness, ISSUER, signIn, startHarness } from '../testing/harness.ts';
import { createTestSigner } from '../testing/id-tokens.ts';

const BYE = 'https://app.example.com/bye';
const signer = createTestSigner();
const DONE = { error_code: 0, error_msg: 'logout success' };
const REFUSED = { error_code: 1, error_msg: 'id_token error' };

let harness: Harness;
let browser: UserAgent;
afterEach(async () => {
  await harness.service.close();
  await harness.close();
});

async function start(isEnabled = true): Promise<string> {
  const clients = [createClient('app', { postLogoutRedirectUris: [BYE] }), createClient('other')];
  harness = await startHarness({
    clients,
    keys: [signer.key],
    oauth2: { skipApprovalScreen: true },
    sessions: { enabled: isEnabled },
  });
  browser = harness.browser();
  await signIn(browser, await harness.open(browser));
  return hintWith({});
}

const sessionIds = () => [...harness.storage.sessions.sessions.keys()];

function hintWith(changes: Readonly<Record<string, unknown>>): string {
  const exp = Math.floor(harness.clock.now().getTime() / 1000) + 60;
  const claims = { iss: ISSUER, aud: 'app', sub: encodeSubject('id-of-jane', 'ldap'), iat: 0, exp };
  return signer.token({ ...claims, sid: sessionIds()[0], ...changes });
}

async function ask(parameters: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  const path = `/logout?${new URLSearchParams(parameters).toString()}`;
  const answer = await harness.get(path, { accept: 'application/json', ...headers });
  return { ...answer, json: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown) };
}

it('a program that sends an ID token ends its session, and is told as ArkID tells it', async () => {
  const hint = await start();
  const answer = await ask({ id_token_hint: hint });
  expect([answer.status, answer.json, answer.headers.get('content-type')]).toEqual([200, DONE, 'application/json']);
  expect(sessionIds()).toEqual([]);
  // Said again, it is as true.
  expect((await ask({ id_token_hint: hint })).json).toEqual(DONE);
});

it('with an address that is registered it is sent there, and one that is not is refused', async () => {
  const hint = await start();
  const refused = await ask({ id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' });
  expect([refused.status, refused.json]).toEqual([200, { error_code: 1, error_msg: 'post_logout_redirect_uri error' }]);
  expect(sessionIds()).toHaveLength(1);
  const sent = await ask({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'x' });
  expect([sent.status, sent.location().href]).toEqual([303, `${BYE}?state=x`]);
  expect(sessionIds()).toEqual([]);
});

it.each<[string, () => Readonly<Record<string, string>>]>([
  ['no hint', () => ({})],
  ['a hint that is none', () => ({ id_token_hint: 'x' })],
  ['a hint of another key', () => ({ id_token_hint: createTestSigner().token({ iss: ISSUER, aud: 'app' }) })],
  ['N81: an access token', () => ({ id_token_hint: signer.token({ iss: ISSUER, aud: 'app' }, { typ: 'at+jwt' }) })],
  ['N56: a hint that names no session', () => ({ id_token_hint: hintWith({ sid: undefined }) })],
  ['N56: a hint of another person', () => ({ id_token_hint: hintWith({ sub: 'eve' }) })],
  ['N56: a client that was never in the session', () => ({ id_token_hint: hintWith({ aud: 'other' }) })],
  ['N56: a hint older than any session', () => ({ id_token_hint: hintWith({ exp: 1 }) })],
])('%s ends nothing', async (_, parameters) => {
  await start();
  const answer = await ask(parameters());
  expect([answer.status, answer.json]).toEqual([200, REFUSED]);
  expect(sessionIds()).toHaveLength(1);
});

it('N56: with the cookie of another session it ends neither', async () => {
  const hint = await start();
  const other = harness.browser();
  await signIn(other, await harness.open(other), 'eve');
  const cookie = other.jar.header(new URL(harness.url('/logout'))) ?? '';
  expect((await ask({ id_token_hint: hint }, { cookie })).json).toEqual(REFUSED);
  expect((await ask({ id_token_hint: hint }, { cookie: 'tessera_session=x' })).json).toEqual(REFUSED);
  expect(sessionIds()).toHaveLength(2);
});

it('with the cookie of its own session the browser forgets it as well', async () => {
  const hint = await start();
  const cookie = browser.jar.header(new URL(harness.url('/logout'))) ?? '';
  const answer = await ask({ id_token_hint: hint }, { cookie });
  expect(answer.json).toEqual(DONE);
  const names = answer.headers.getSetCookie().map((line) => line.split('=')[0]);
  expect(names).toEqual(['tessera_session', 'tessera_browser_state', 'tessera_browser']);
  expect(sessionIds()).toEqual([]);
});

it('N80: while storage does not answer it is told so, by JSON too', async () => {
  const hint = await start();
  harness.storage.failure = federationError('unavailable', 'storage.unavailable');
  const answer = await ask({ id_token_hint: hint });
  expect([answer.status, answer.json]).toMatchObject([503, { error: 'temporarily_unavailable' }]);
  harness.storage.failure = undefined;
  expect(sessionIds()).toHaveLength(1);
});

it('where no sessions are kept there is nothing to end', async () => {
  await start(false);
  expect((await ask({ id_token_hint: hintWith({}) })).json).toEqual(DONE);
});
