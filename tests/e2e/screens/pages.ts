import type { Page } from 'playwright-core';

/** The page on which a person chooses how to sign in. */
export const chooseScreen = {
  choose: (page: Page, connector: string): Promise<void> => page.click(`#connector-${connector}`),
};

/** The page that asks for a name and a password. */
export const loginScreen = {
  async fill(page: Page, login: string, password: string): Promise<void> {
    await page.fill('#login', login);
    await page.fill('#password', password);
  },
  submit: (page: Page): Promise<void> => page.click('#submit-login'),
  cancel: (page: Page): Promise<void> => page.click('#cancel'),
  error: (page: Page) => page.locator('#login-error'),
};

/** The page that asks whether the application may. */
export const approvalScreen = {
  approve: (page: Page): Promise<void> => page.click('#approve'),
  reject: (page: Page): Promise<void> => page.click('#reject'),
};

/** The example application. */
export const appScreen = {
  signIn: (page: Page): Promise<void> => page.click('button.primary'),
  signedIn: (page: Page): Promise<void> => page.waitForSelector('h1:has-text("Hello, ")').then(() => undefined),
};
