import { type RelyingParty, startRelyingParty } from '@tessera/example-relying-party';
import { type LaunchedBrowser, launchBrowser, waitFor } from '@tessera/testkit';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { MAIL, sharedOrigins, WIKI } from '../support/example-applications.ts';
import { shapes } from '../support/shapes.ts';
import { ADMIN } from '../support/system-config.ts';
import { expectGoodPage, NARROW_DARK_CHINESE } from './screens/page-checks.ts';
import { appScreen, loginScreen, logoutScreen } from './screens/pages.ts';

const ASKED = ['email'];

let chromium: LaunchedBrowser;

beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium?.close());

describe.each(shapes)('$name', ({ issuer }) => {
  const applications: RelyingParty[] = [];
  const origins = sharedOrigins(inject('system').sharedPorts);

  beforeAll(async () => {
    for (const [origin, { id, secret }] of [
      [origins.mail, MAIL],
      [origins.wiki, WIKI],
    ] as const) {
      const listen = new URL(origin).host;
      applications.push(await startRelyingParty({ issuer, clientId: id, clientSecret: secret, listen }));
    }
  });
  afterAll(() => Promise.all(applications.map((application) => application.close())));

  /** Signs in at one application and then, without a page of ours, at the other. */
  async function signInAtBoth(context: BrowserContext): Promise<{ readonly mail: Page; readonly wiki: Page }> {
    const mail = await context.newPage();
    await mail.goto(origins.mail);
    await appScreen.signInFor(mail, ASKED);
    await loginScreen.fill(mail, ADMIN.login, ADMIN.password);
    await loginScreen.submit(mail);
    await appScreen.signedIn(mail);
    const wiki = await context.newPage();
    const seen: string[] = [];
    wiki.on('load', () => seen.push(new URL(wiki.url()).origin));
    await wiki.goto(origins.wiki);
    await appScreen.signInFor(wiki, ASKED);
    await appScreen.signedIn(wiki);
    expect(new Set(seen)).toEqual(new Set([origins.wiki]));
    return { mail, wiki };
  }

  /** Browsers paint tabs in the background about once a second, and each click waits for that. */
  const show = (page: Page): Promise<void> => page.bringToFront();

  async function knowsNobody(page: Page, origin: string): Promise<void> {
    await show(page);
    await page.goto(origin);
    await appScreen.signedOut(page);
    await appScreen.signInFor(page, ASKED, 'none');
    await appScreen.refused(page, 'login_required');
  }

  /** Logout tokens are delivered behind the answer. */
  async function isToldDirectly(page: Page, origin: string): Promise<void> {
    await show(page);
    const isSignedOut = async (): Promise<boolean> => {
      await page.goto(origin);
      return (await page.locator('h1:has-text("Hello, ")').count()) === 0;
    };
    await waitFor(isSignedOut, { what: 'the logout token to reach the application' });
    await knowsNobody(page, origin);
  }

  test('OIDC Core §3.1.2.1: who signed in at one application is known at the other, as the same session, unless it asks for a sign-in', async () => {
    const context = await chromium.browser.newContext();
    const { mail, wiki } = await signInAtBoth(context);
    const claims = async (page: Page) =>
      Promise.all(['sub', 'sid', 'auth_time'].map((claim) => appScreen.claim(page, 'ID token', claim)));
    expect(await claims(mail)).not.toContain(undefined);
    expect(await claims(wiki)).toEqual(await claims(mail));
    await appScreen.signOutHere(wiki);
    await appScreen.signInFor(wiki, ASKED, 'login');
    await wiki.waitForSelector('#login-form');
    await context.close();
  });

  test('OIDC Front-Channel Logout §2: signing out everywhere at one application is told to the other in the browser', async () => {
    const context = await chromium.browser.newContext();
    const { mail, wiki } = await signInAtBoth(context);
    await show(mail);
    await appScreen.signOutEverywhere(mail);
    await appScreen.signedOut(mail);
    expect(mail.url()).toBe(`${origins.mail}/`);
    await knowsNobody(wiki, origins.wiki);
    await context.close();
  });

  test('OIDC Back-Channel Logout §2.5: and the other way round by a request; without script there is a way on (OIDC Front-Channel Logout §3)', async () => {
    const context = await chromium.browser.newContext({ javaScriptEnabled: false });
    const { mail, wiki } = await signInAtBoth(context);
    await appScreen.signOutEverywhere(wiki);
    await logoutScreen.goOn(wiki);
    await appScreen.signedOut(wiki);
    expect(wiki.url()).toBe(`${origins.wiki}/`);
    await isToldDirectly(mail, origins.mail);
    await context.close();
  });

  test('OIDC RP-Initiated Logout §2: a person signs out at the sign-in service itself, in Chinese on a phone, and both forget them', async () => {
    const { width, height, ...rest } = NARROW_DARK_CHINESE;
    const context = await chromium.browser.newContext({ ...rest, viewport: { width, height } });
    const { mail, wiki } = await signInAtBoth(context);
    const page = await context.newPage();
    await page.goto(`${issuer}/logout`);
    await expectGoodPage(page, 'zh-CN');
    await logoutScreen.stay(page);
    await page.waitForSelector('#page-still-signed-in');
    await expectGoodPage(page, 'zh-CN');
    await page.goto(`${issuer}/logout`);
    await logoutScreen.signOut(page);
    await logoutScreen.signedOut(page);
    await expectGoodPage(page, 'zh-CN');
    await knowsNobody(wiki, origins.wiki);
    await isToldDirectly(mail, origins.mail);
    await context.close();
  });
});
