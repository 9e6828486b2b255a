import { type LaunchedBrowser, launchBrowser, waitFor } from '@tessera/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalScreen, loginScreen } from '../e2e/screens/pages.ts';
import { type ApacheSite, BACK_SITE, FRONT_SITE, startSite } from '../support/apache-site.ts';
import { shapes } from '../support/shapes.ts';
import { ADMIN } from '../support/system-config.ts';

/** Types name and password where that is asked for, and agrees. */
async function signInAt(page: Page, site: ApacheSite): Promise<void> {
  await page.goto(site.protectedPage);
  await page.waitForSelector('#login-form, #approval-form');
  if ((await page.locator('#login-form').count()) > 0) {
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
  }
  await approvalScreen.approve(page);
  await page.waitForURL(site.protectedPage);
}

/** What Apache knows of the browser's session; undefined when there is none. */
async function sessionAt(page: Page, site: ApacheSite): Promise<Record<string, unknown> | undefined> {
  const answer = await page.request.get(`${site.callback}?info=json`);
  return answer.status() === 401 ? undefined : ((await answer.json()) as Record<string, unknown>);
}

describe.each(shapes)('$name', ({ issuer }) => {
  const opened: AsyncDisposable[] = [];
  let browser: LaunchedBrowser;

  beforeAll(async () => {
    opened.push(
      await startSite(issuer, FRONT_SITE),
      await startSite(issuer, BACK_SITE, 'OIDCResponseType "code id_token"'),
    );
    browser = await launchBrowser();
    opened.push(browser);
  });

  afterAll(async () => {
    for (const server of opened) await server[Symbol.asyncDispose]();
  });

  test('Apache shows a page to who signed in, and refreshes its tokens', async () => {
    const page = await browser.newPage();
    await signInAt(page, FRONT_SITE);
    expect(await page.textContent('#name')).toBe('Ada Admin');
    const before = await sessionAt(page, FRONT_SITE);
    const token = String(before?.['access_token']);
    const refresh = new URLSearchParams({ refresh: FRONT_SITE.protectedPage, access_token: token });
    await page.goto(`${FRONT_SITE.callback}?${refresh.toString()}`);
    expect(page.url()).toBe(FRONT_SITE.protectedPage);
    const after = await sessionAt(page, FRONT_SITE);
    expect(after?.['access_token']).not.toBe(token);
    expect(after?.['refresh_token']).not.toBe(before?.['refresh_token']);
    await page.close();
  });

  test.each([
    ['Front-Channel Logout §2: … a frame of the page tells', BACK_SITE, FRONT_SITE],
    ['Back-Channel Logout §2.5: … a logout token tells', FRONT_SITE, BACK_SITE],
  ])('%s another Apache when somebody signs out of one', async (_rule, from, told) => {
    const page = await browser.newPage();
    await signInAt(page, told);
    await signInAt(page, from);
    expect(await sessionAt(page, told)).toBeDefined();
    await page.goto(`${from.callback}?${new URLSearchParams({ logout: from.home }).toString()}`);
    await page.waitForURL(from.home);
    expect(await sessionAt(page, from)).toBeUndefined();
    await waitFor(async () => (await sessionAt(page, told)) === undefined, { what: 'the other session to end' });
    await page.goto(told.protectedPage);
    await page.waitForSelector('#login-form');
    await page.close();
  });
});
