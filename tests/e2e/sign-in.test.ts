import { startRelyingParty } from '@tessera/example-relying-party';
import { type LaunchedBrowser, launchBrowser } from '@tessera/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { ADMIN, APP } from '../support/system-config.ts';
import { accessibilityFaults, expectGoodPage, NARROW_DARK_CHINESE, WIDE } from './screens/page-checks.ts';
import { approvalScreen, appScreen, chooseScreen, loginScreen } from './screens/pages.ts';

let chromium: LaunchedBrowser;

beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium?.close());

describe.each(shapes)('$name', ({ issuer }) => {
  let app: Awaited<ReturnType<typeof startRelyingParty>>;

  beforeAll(async () => {
    app = await startRelyingParty({ issuer, clientId: APP.id, clientSecret: APP.secret, listen: '127.0.0.1:0' });
  });
  afterAll(() => app?.close());

  async function beginSignIn(page: Page): Promise<void> {
    await page.goto(app.url);
    await appScreen.signIn(page);
    await chooseScreen.choose(page, 'local');
    await page.waitForSelector('#login-form');
  }

  test.each([
    ['wide, light, English, with script', { ...WIDE, colorScheme: 'light', locale: 'en-US', javaScriptEnabled: true }],
    ['narrow, dark, Chinese, with script', { ...NARROW_DARK_CHINESE, javaScriptEnabled: true }],
  ] as const)('a person signs in at the example application and agrees (%s)', async (_how, options) => {
    const page = await chromium.newPage(options);
    await page.goto(app.url);
    await appScreen.signIn(page);
    const check = () => expectGoodPage(page, options.locale === 'zh-CN' ? 'zh-CN' : 'en');
    await check();
    await chooseScreen.choose(page, 'local');
    await check();
    await loginScreen.fill(page, ADMIN.login, 'wrong');
    await loginScreen.submit(page);
    await loginScreen.error(page).waitFor();
    await check();
    expect(await page.inputValue('#login')).toBe(ADMIN.login);
    expect(await page.inputValue('#password')).toBe('');
    await page.fill('#password', ADMIN.password);
    await loginScreen.submit(page);
    await page.waitForSelector('#approval-form');
    await check();
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    expect(await page.textContent('body')).toContain('admin@example.com');
    await page.context().close();
  });

  test('the same works in a browser without script', async () => {
    const page = await chromium.newPage({ ...WIDE, javaScriptEnabled: false });
    await beginSignIn(page);
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    await page.context().close();
  });

  test('a person who refuses is back at the application, which says so', async () => {
    const page = await chromium.newPage(WIDE);
    await beginSignIn(page);
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await approvalScreen.reject(page);
    await page.waitForURL(`${app.url}/**`);
    expect(await page.textContent('body')).toContain('access_denied');
    await page.context().close();
  });

  test('a person who would rather not sign in is back at the application', async () => {
    const page = await chromium.newPage(WIDE);
    await beginSignIn(page);
    await loginScreen.cancel(page);
    await page.waitForURL(`${app.url}/**`);
    expect(await page.textContent('body')).toContain('access_denied');
    await page.context().close();
  });

  test('two tabs of one browser each finish their own sign-in', async () => {
    const context = await chromium.browser.newContext();
    const [first, second] = [await context.newPage(), await context.newPage()];
    await beginSignIn(first);
    await beginSignIn(second);
    for (const page of [first, second]) {
      await loginScreen.fill(page, ADMIN.login, ADMIN.password);
      await loginScreen.submit(page);
      await page.waitForSelector('#approval-form');
    }
    for (const page of [second, first]) {
      await approvalScreen.approve(page);
      await appScreen.signedIn(page);
    }
    await context.close();
  });

  test('going back after the end explains itself and offers to start again', async () => {
    const page = await chromium.newPage(WIDE);
    await beginSignIn(page);
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await page.waitForSelector('#approval-form');
    const approval = page.url();
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    await page.goto(approval);
    expect(await page.textContent('#expired-title')).not.toBe('');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.context().close();
  });
});
