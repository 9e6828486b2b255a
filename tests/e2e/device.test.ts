import { type LaunchedBrowser, launchBrowser } from '@tessera/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICE } from '../support/relying-parties.ts';
import { shapes } from '../support/shapes.ts';
import { type JsonAnswer, post } from '../support/sign-in.ts';
import { ADMIN } from '../support/system-config.ts';
import { expectGoodPage, NARROW_DARK_CHINESE, WIDE } from './screens/page-checks.ts';
import {
  approvalScreen,
  deviceCodeScreen,
  deviceConfirmScreen,
  deviceEndScreen,
  loginScreen,
} from './screens/pages.ts';

let chromium: LaunchedBrowser;

beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium?.close());

/** What a television shows, and asks again and again. */
interface Television {
  readonly userCode: string;
  readonly address: string;
  readonly addressWithCode: string;
  askForTokens(): Promise<JsonAnswer>;
}

async function turnOn(issuer: string): Promise<Television> {
  const { status, body } = await post(`${issuer}/device/code`, { scope: 'openid email offline_access' }, DEVICE);
  expect(status).toBe(200);
  const text = (name: string): string => String(body[name]);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: text('device_code'),
  };
  return {
    userCode: text('user_code'),
    address: text('verification_uri'),
    addressWithCode: text('verification_uri_complete'),
    askForTokens: () => post(`${issuer}/token`, form, DEVICE),
  };
}

describe.each(shapes)('$name', ({ issuer }) => {
  async function confirm(page: Page, television: Television): Promise<void> {
    await page.goto(television.addressWithCode);
    await deviceCodeScreen.submit(page);
    await deviceConfirmScreen.goOn(page);
  }

  async function signIn(page: Page): Promise<void> {
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await page.waitForSelector('#approval-form');
  }

  test('RFC 8628 §3.3.1: a person opens the address with the code, confirms, signs in and agrees, in Chinese on a phone', async () => {
    const television = await turnOn(issuer);
    const page = await chromium.newPage(NARROW_DARK_CHINESE);
    await page.goto(television.addressWithCode);
    await expectGoodPage(page, 'zh-CN');
    expect(await deviceCodeScreen.code(page)).toBe(television.userCode);
    await deviceCodeScreen.submit(page);
    await expectGoodPage(page, 'zh-CN');
    expect(await deviceConfirmScreen.code(page)).toBe(television.userCode);
    await deviceConfirmScreen.goOn(page);
    await expectGoodPage(page, 'zh-CN');
    await signIn(page);
    await expectGoodPage(page, 'zh-CN');
    await approvalScreen.approve(page);
    await deviceEndScreen.shows(page, 'approved');
    await expectGoodPage(page, 'zh-CN');
    const tokens = await television.askForTokens();
    expect(tokens).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(Object.keys(tokens.body)).toEqual(expect.arrayContaining(['access_token', 'id_token', 'refresh_token']));
    await page.context().close();
  });

  test('RFC 8628 §3.3: a person types the code, first a wrong one, in a browser without script', async () => {
    const television = await turnOn(issuer);
    const page = await chromium.newPage({ ...WIDE, javaScriptEnabled: false });
    await page.goto(television.address);
    await deviceCodeScreen.enter(page, 'bcdf bcdf');
    await deviceCodeScreen.submit(page);
    await deviceCodeScreen.error(page).waitFor();
    await deviceCodeScreen.enter(page, ` ${television.userCode.toLowerCase().replace('-', ' ')} `);
    await deviceCodeScreen.submit(page);
    await deviceConfirmScreen.goOn(page);
    await signIn(page);
    await approvalScreen.approve(page);
    await deviceEndScreen.shows(page, 'approved');
    expect((await television.askForTokens()).status).toBe(200);
    await page.context().close();
  });

  test('N67: a person who did not begin it says so before they sign in, and the device gets nothing', async () => {
    const television = await turnOn(issuer);
    const page = await chromium.newPage(WIDE);
    await page.goto(television.addressWithCode);
    await expectGoodPage(page, 'en');
    await deviceCodeScreen.submit(page);
    await expectGoodPage(page, 'en');
    await deviceConfirmScreen.refuse(page);
    await deviceEndScreen.shows(page, 'refused');
    await expectGoodPage(page, 'en');
    expect(await television.askForTokens()).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    await page.context().close();
  });

  test.each([
    ['would rather not sign in', async (page: Page) => loginScreen.cancel(page)],
    [
      'does not agree',
      async (page: Page) => {
        await signIn(page);
        await approvalScreen.reject(page);
      },
    ],
  ])('RFC 8628 §3.5: a person who %s refuses the device', async (_what, refuse) => {
    const television = await turnOn(issuer);
    const page = await chromium.newPage(WIDE);
    await confirm(page, television);
    await refuse(page);
    await deviceEndScreen.shows(page, 'refused');
    expect(await television.askForTokens()).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    await page.context().close();
  });

  test('a person who goes back and answers once more is told that the code is no longer valid', async () => {
    const television = await turnOn(issuer);
    const page = await chromium.newPage(NARROW_DARK_CHINESE);
    await page.goto(television.addressWithCode);
    await deviceCodeScreen.submit(page);
    const question = page.url();
    await deviceConfirmScreen.refuse(page);
    await deviceEndScreen.shows(page, 'refused');
    await page.goto(question);
    await deviceCodeScreen.error(page).waitFor();
    await expectGoodPage(page, 'zh-CN');
    await page.context().close();
  });
});
