import { type RelyingParty, startRelyingParty } from '@tessera/example-relying-party';
import { type LaunchedBrowser, launchBrowser } from '@tessera/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR } from '../support/example-applications.ts';
import { shapes } from '../support/shapes.ts';
import { ADMIN } from '../support/system-config.ts';
import { expectGoodPage, NARROW_DARK_CHINESE, WIDE } from './screens/page-checks.ts';
import { approvalScreen, appScreen, loginScreen } from './screens/pages.ts';

const ALL = ['profile', 'email', 'groups', 'offline_access'];
const WITHOUT_GROUPS = ALL.filter((scope) => scope !== 'groups');
const GROUPS = { en: 'The groups you belong to', 'zh-CN': '您所属的群组' } as const;

let chromium: LaunchedBrowser;

beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium?.close());

describe.each(shapes)('$name', ({ issuer }) => {
  let app: RelyingParty;

  beforeAll(async () => {
    app = await startRelyingParty({
      issuer,
      clientId: CALENDAR.id,
      clientSecret: CALENDAR.secret,
      listen: '127.0.0.1:0',
    });
  });
  afterAll(() => app?.close());

  async function signIn(page: Page): Promise<void> {
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await page.waitForSelector('#approval-form');
  }

  /** Forgets the person at the application alone, and asks the issuer again. */
  async function askAgain(
    page: Page,
    ...asked: Parameters<typeof appScreen.signInFor> extends [Page, ...infer Rest] ? Rest : never
  ): Promise<void> {
    await appScreen.signOutHere(page);
    await appScreen.signInFor(page, ...asked);
  }

  test('OIDC Core §3.1.2.4: a person leaves out their groups, and is asked again only for what they did not agree to', async () => {
    const page = await chromium.newPage(NARROW_DARK_CHINESE);
    await page.goto(app.url);
    await appScreen.signInFor(page, ALL);
    await signIn(page);
    await expectGoodPage(page, 'zh-CN');
    await approvalScreen.box(page, GROUPS['zh-CN']).uncheck();
    await approvalScreen.remember(page);
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    expect(await appScreen.claim(page, 'ID token', 'groups')).toBeUndefined();
    expect(await appScreen.claim(page, 'Userinfo', 'groups')).toBeUndefined();
    expect(await appScreen.claim(page, 'Userinfo', 'email')).toBe(ADMIN.login);
    expect(await appScreen.hasRefreshToken(page)).toBe(true);

    // What they agreed to is not asked for again: no page is shown.
    await askAgain(page, WITHOUT_GROUPS);
    await appScreen.signedIn(page);
    // Whatever they did not agree to is.
    await askAgain(page, ALL);
    await page.waitForSelector('#approval-form');
    await approvalScreen.remember(page);
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    expect(await appScreen.claim(page, 'Userinfo', 'groups')).toContain('developers');
    await askAgain(page, ALL);
    await appScreen.signedIn(page);

    // OIDC Core §3.1.2.1: unless the application wants the question asked.
    await askAgain(page, ALL, 'consent');
    await page.waitForSelector('#approval-form');
    await expectGoodPage(page, 'zh-CN');
    await approvalScreen.reject(page);
    await appScreen.refused(page, 'access_denied');
    await page.context().close();
  });

  test('without offline_access the application has no refresh token, also in a browser without script', async () => {
    const page = await chromium.newPage({ ...WIDE, javaScriptEnabled: false });
    await page.goto(app.url);
    await appScreen.signInFor(page, ALL, 'consent');
    await signIn(page);
    await approvalScreen.box(page, 'Keep this access while you are away').uncheck();
    await approvalScreen.box(page, GROUPS.en).uncheck();
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    expect(await appScreen.hasRefreshToken(page)).toBe(false);
    expect(await appScreen.claim(page, 'Access token', 'groups')).toBeUndefined();
    await page.context().close();
  });
});
