import { unavailable } from '@tessera/errors';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CODE,
  enterCode,
  follow,
  letDeviceAsk,
  reachQuestion,
  refuse,
  startForDevices,
} from '../testing/device-pages.ts';
import { federationError } from '../testing/fake-federation.ts';
import {
  approve,
  callbackConnector,
  cancel,
  createClient,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  reject,
  signIn,
  startAgain,
} from '../testing/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(options?: HarnessOptions): Promise<UserAgent> {
  harness = await startForDevices(options);
  return harness.browser();
}

const enter = (browser: UserAgent, userCode?: string) => enterCode(harness, browser, userCode);
const askedOf = (browser: UserAgent, userCode?: string) => reachQuestion(harness, browser, userCode);
const decisions = () => harness.storage.shortLived.decisions;

describe('no, on any page, refuses the device', () => {
  it('RFC 8628 §3.5: the choice of a way to sign in', async () => {
    const browser = await start({ connectors: [passwordConnector('a'), passwordConnector('b')] });
    const page = await refuse(browser, await follow(browser, await enter(browser), 'continue'));
    expect(page.body).toContain('You refused the device');
    expect(decisions()).toHaveLength(1);
  });

  it.each([
    [
      'the sign-in',
      async (browser: UserAgent) => cancel(browser, await follow(browser, await enter(browser), 'continue')),
    ],
    ['the question', async (browser: UserAgent) => reject(browser, await askedOf(browser))],
  ])('RFC 8628 §3.5: %s', async (_, say) => {
    const page = await say(await start());
    expect([page.status, page.isStopped]).toEqual([200, false]);
    expect(page.body).toContain('You refused the device');
    expect(decisions()).toHaveLength(1);
    expect(decisions()[0]).not.toHaveProperty('authorization');
  });

  it('RFC 8628 §3.5: the upstream', async () => {
    const browser = await start({ connectors: [callbackConnector('oidc')] });
    const upstream = await follow(browser, await enter(browser), 'continue');
    harness.federation.failure = federationError('permission_denied', 'federation.upstream_refused');
    const page = await browser.get(harness.url(`/callback?state=${upstream.url.searchParams.get('state')}`));
    expect(page.body).toContain('You refused the device');
    expect(decisions()).toHaveLength(1);
  });
});

describe('what changes meanwhile', () => {
  it('a code that expired or was decided before the answer is told, with a way to another one', async () => {
    const browser = await start();
    const question = await askedOf(browser);
    harness.storage.shortLived.devices.clear();
    const page = await approve(browser, question);
    expect([page.status, startAgain(page)]).toEqual([400, '/dex/device']);
    expect(page.body).toContain('This code is no longer valid');
    const confirmation = await enter(await start());
    harness.storage.shortLived.devices.clear();
    expect((await harness.browser().get(confirmation.url)).status).toBe(200);
  });

  it('of two browsers the first decides, and of two submits one', async () => {
    const [one, other] = [await start(), harness.browser()];
    const [first, second] = [await askedOf(one), await askedOf(other)];
    harness.storage.meet('complete', 3);
    const pages = await Promise.all([approve(one, first), reject(one, first), approve(other, second)]);
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(decisions()).toHaveLength(1);
    expect(pages.every(({ isStopped }) => !isStopped)).toBe(true);
  });

  it.each([
    ['disabled', createClient('app', { isEnabled: false }), 'We do not know this application'],
    [
      'without the grant',
      createClient('app', { settings: { grantTypes: ['authorization_code'] } }),
      'may not sign people',
    ],
  ])('N14: a client that is %s is not served any more', async (_, changed, words) => {
    const browser = await start();
    const question = await askedOf(browser);
    harness.clients.set('app', changed);
    for (const page of [await approve(browser, question), await enter(browser)]) {
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(page.body).toContain(words);
    }
    expect(decisions()).toEqual([]);
  });

  it('N37: what a client may not ask for any more is not offered to anybody', async () => {
    const browser = await start();
    letDeviceAsk(harness, {}, ['openid', 'audience:server:client_id:peer']);
    const page = await enter(browser);
    expect([page.status, page.body.includes('may not ask for tokens for that audience')]).toEqual([400, true]);
  });

  it('where the issuer does not serve the grant there is no page', async () => {
    const browser = await start({ oauth2: { grantTypes: ['authorization_code'] } });
    expect((await browser.get(harness.url('/device'))).status).toBe(404);
    expect((await harness.post('/device/auth/verify_code', { user_code: CODE })).status).toBe(404);
  });

  it('a store that is down is 503, with a way to start again, and the device still waits', async () => {
    const browser = await start();
    const question = await askedOf(browser);
    harness.events.failure = unavailable('storage.down', 'down');
    const failed = await approve(browser, question);
    expect([failed.status, startAgain(failed)?.startsWith('/dex/device?')]).toEqual([503, true]);
    harness.events.failure = undefined;
    const login = await browser.get(new URL(startAgain(failed) ?? '', failed.url));
    expect((await approve(browser, await signIn(browser, login))).status).toBe(200);
    harness.storage.failure = unavailable('storage.down', 'down');
    const page = await enter(browser);
    expect([page.status, startAgain(page)]).toEqual([503, '/dex/device']);
  });

  it('a second submit gets a page that offers to start again', async () => {
    const browser = await start();
    const question = await askedOf(browser);
    await approve(browser, question);
    const page = await approve(browser, question);
    expect([page.status, startAgain(page)?.startsWith('/dex/device?user_code=')]).toEqual([400, true]);
    expect((await follow(browser, page, 'start-again')).body).toContain('This code does not work');
  });
});
