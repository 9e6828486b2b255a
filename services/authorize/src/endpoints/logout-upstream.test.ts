import { encodeSubject } from '@tessera/oauth';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { federationError, UPSTREAM_LOGOUT } from '../testing/fake-federation.ts';
import {
  callbackConnector,
  createClient,
  type Harness,
  type HarnessOptions,
  ISSUER,
  passwordConnector,
  startAgain,
} from '../testing/harness.ts';
import { BYE, type LogoutBench, leavableApp, signer, startLogoutBench } from '../testing/logout-pages.ts';

let bench: LogoutBench;
let harness: Harness;
let browser: UserAgent;
afterEach(() => bench.close());

async function start(options?: HarnessOptions): Promise<void> {
  bench = await startLogoutBench(options);
  ({ harness, browser } = bench);
}

describe('an upstream', () => {
  const upstream = { connectors: [callbackConnector('google')] };

  async function signInUpstream(): Promise<string> {
    const state = (await harness.open(browser)).url.searchParams.get('state') ?? '';
    await browser.get(harness.url(`/callback?state=${state}&code=jane`));
    const [sid] = bench.sessionIds();
    return signer.token({ iss: ISSUER, aud: 'app', sub: encodeSubject('id-of-jane', 'google'), exp: 1, iat: 0, sid });
  }

  it('OIDC RP-Initiated Logout §2: is asked to sign out too, and then the person is back at the client', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'st-1' });
    expect(there.url.href.split('?')[0]).toBe(UPSTREAM_LOGOUT);
    expect(harness.federation.logouts).toEqual([
      {
        connectorId: 'google',
        connectorData: Buffer.from('data of jane'),
        returnUrl: `${ISSUER}/logout/callback`,
        state: there.url.searchParams.get('state'),
      },
    ]);
    expect(bench.sessionIds()).toEqual([]);
    expect(bench.cookieNames()).toEqual(['tessera_browser']);
    const callback = harness.url(`/logout/callback?state=${there.url.searchParams.get('state')}`);
    expect((await browser.get(callback)).url.href).toBe(`${BYE}&state=st-1`);
    expect(bench.cookieNames()).toEqual([]);
    // Once.
    const again = await browser.get(callback);
    expect([again.status, startAgain(again)]).toEqual([400, '/dex/logout']);
  });

  it('leads back to a page that says so where no address was asked for', async () => {
    await start(upstream);
    const there = await bench.goTo({ id_token_hint: await signInUpstream(), ui_locales: 'zh-CN' });
    const page = await browser.get(harness.url(`/logout/callback${there.url.search}`));
    expect(page.body).toContain('您已退出登录');
  });

  it('N53: brings back the browser that signed out, and no other', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    const other = await harness.browser().get(harness.url(`/logout/callback${there.url.search}`));
    expect([other.status, other.isStopped]).toEqual([403, false]);
  });

  it('N14: leads to a page of ours when the client changed meanwhile', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    const there = await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    harness.clients.set('app', createClient('app'));
    const page = await browser.get(harness.url(`/logout/callback${there.url.search}`));
    expect([page.status, page.isStopped, page.body.includes('You are signed out')]).toEqual([200, false, true]);
  });

  it('that does not answer keeps nobody from signing out here', async () => {
    await start(upstream);
    const hint = await signInUpstream();
    harness.federation.failure = federationError('unavailable', 'federation.upstream_unavailable');
    expect((await bench.goTo({ id_token_hint: hint, post_logout_redirect_uri: BYE })).url.href).toBe(BYE);
    await bench.expectSignedOut();
  });

  it('comes after the applications, which are told first', async () => {
    await start({ ...upstream, clients: [leavableApp({ frontchannelLogoutUri: 'https://app.example.com/front' })] });
    const page = await bench.goTo({ id_token_hint: await signInUpstream(), post_logout_redirect_uri: BYE });
    expect(page.body).toContain('<iframe ');
    const href = /id="continue" href="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect(href.split('?')[0]).toBe(UPSTREAM_LOGOUT);
    const back = await browser.get(harness.url(`/logout/callback${new URL(href).search}`));
    expect(back.url.href).toBe(BYE);
  });

  it('of a sign-in by password there is none', async () => {
    await start({ connectors: [passwordConnector('ldap')] });
    await bench.goTo({ id_token_hint: await bench.signInAndGetHint() });
    expect(harness.federation.logouts).toEqual([]);
  });
});

it.each(['', '?state=', '?state=x', `?state=${'A'.repeat(32)}`])(
  'a way back that is none is a page: %s',
  async (query) => {
    await start();
    const page = await browser.get(harness.url(`/logout/callback${query}`));
    expect([page.status, startAgain(page)]).toEqual([400, '/dex/logout']);
  },
);
