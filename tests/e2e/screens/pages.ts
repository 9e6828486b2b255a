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
  /** The box of what the person can leave out, by its words. */
  box: (page: Page, words: string) => page.getByRole('checkbox', { name: words }),
  remember: (page: Page): Promise<void> => page.check('#remember'),
};

/** The page that asks for the code of a device. */
export const deviceCodeScreen = {
  code: (page: Page): Promise<string> => page.inputValue('#user-code'),
  enter: (page: Page, userCode: string): Promise<void> => page.fill('#user-code', userCode),
  submit: (page: Page): Promise<void> => page.click('#submit-code'),
  error: (page: Page) => page.locator('#device-error'),
};

/** The page that asks whether the person began what a device asks for. */
export const deviceConfirmScreen = {
  code: (page: Page): Promise<string | null> => page.textContent('#device-user-code'),
  goOn: (page: Page): Promise<void> => page.click('#continue'),
  refuse: (page: Page): Promise<void> => page.click('#refuse'),
};

/** The page that says what became of a device. */
export const deviceEndScreen = {
  shows: (page: Page, outcome: 'approved' | 'refused' | 'gone'): Promise<void> =>
    page.waitForSelector(`h1#device-${outcome}`).then(() => undefined),
};

/** The page that asks whether the person wants to sign out. */
export const logoutScreen = {
  signOut: (page: Page): Promise<void> => page.click('#sign-out'),
  stay: (page: Page): Promise<void> => page.click('#stay'),
  /** Past the page that tells the applications, which goes on by itself where scripts run. */
  goOn: (page: Page): Promise<void> => page.click('#continue'),
  signedOut: (page: Page): Promise<void> => page.waitForSelector('h1#signed-out').then(() => undefined),
};

/** The example application. */
export const appScreen = {
  signIn: (page: Page): Promise<void> => page.click('button.primary'),
  /** Asks for these scopes beside `openid`, in this way. */
  async signInFor(
    page: Page,
    scopes: readonly string[],
    prompt: '' | 'login' | 'consent' | 'none' = '',
  ): Promise<void> {
    for (const box of await page.locator('input[name="scope"]').all())
      await box.setChecked(scopes.includes((await box.getAttribute('value')) ?? ''));
    await page.click('summary');
    await page.selectOption('select[name="prompt"]', prompt);
    await page.click('button.primary');
  },
  signedIn: (page: Page): Promise<void> => page.waitForSelector('h1:has-text("Hello, ")').then(() => undefined),
  signedOut: (page: Page): Promise<void> =>
    page.waitForSelector('p:has-text("does not know you yet")').then(() => undefined),
  refused: (page: Page, error: string): Promise<void> =>
    page.waitForSelector(`.details:has-text("${error}")`).then(() => undefined),
  signOutHere: (page: Page): Promise<void> => page.click('form[action="/signout"] button'),
  signOutEverywhere: (page: Page): Promise<void> => page.click('form[action="/signout-everywhere"] button'),
  /** What a table of claims says; undefined where the claim is missing. */
  async claim(page: Page, panel: 'ID token' | 'Access token' | 'Userinfo', name: string): Promise<string | undefined> {
    const rows = page.locator(`section:has(h2:text-is("${panel}")) tr:has(th:text-is("${name}")) td`);
    return (await rows.count()) === 0 ? undefined : ((await rows.first().textContent()) ?? undefined);
  },
  hasRefreshToken: async (page: Page): Promise<boolean> => (await page.locator('form[action="/refresh"]').count()) > 0,
};
