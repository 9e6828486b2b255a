import { encodeDeviceRequest } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DEVICE_CODE_GRANT } from '../authorization/connectors.ts';
import { USER_CODES_ALTOGETHER, USER_CODES_PER_SOURCE } from '../device/count-user-code.ts';
import {
  CODE,
  enterCode,
  follow,
  letDeviceAsk,
  reachQuestion,
  refuse,
  startForDevices,
} from '../testing/device-pages.ts';
import {
  approve,
  callbackConnector,
  createClient,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  reject,
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

describe('the user code', () => {
  it('RFC 8628 §3.3.1, N67: one in the address is filled in, and nothing is looked up or posted', async () => {
    const browser = await start();
    const page = await browser.get(harness.url(`/device?user_code=bcdf%20ghjk`));
    expect([page.status, page.form('user_code').fields['user_code']]).toEqual([200, CODE]);
    expect(harness.storage.calls).toEqual([]);
    const hostile = await browser.get(harness.url(`/device?user_code=${'%22%3E'.repeat(90)}`));
    expect(hostile.form('user_code').fields['user_code']).toBe('">'.repeat(32));
  });

  it.each([CODE, 'bcdfghjk', ' bcdf ghjk ', 'b-c-d-f-g-h-j-k'])('RFC 8628 §6.1: %j is understood', async (typed) => {
    const page = await enter(await start(), typed);
    expect([page.status, page.body.includes(`id="device-user-code">${CODE}<`)]).toEqual([200, true]);
  });

  it('N62: one that never was, has expired, was decided, or is none gets one answer', async () => {
    const browser = await start();
    letDeviceAsk(harness, { userCode: 'CCCC-CCCC', expiresAt: harness.clock.now() });
    letDeviceAsk(harness, { userCode: 'DDDD-DDDD' });
    await harness.storage.port.decideDeviceRequest({ userCode: 'DDDD-DDDD', attemptId: 'a' });
    letDeviceAsk(harness, { userCode: 'FFFF-FFFF', payload: new Uint8Array() });
    const answers = new Set<string>();
    for (const typed of ['BBBB-BBBB', 'CCCC-CCCC', 'DDDD-DDDD', 'FFFF-FFFF', 'no such code']) {
      const page = await enter(browser, typed);
      const [field = ''] = /<input id="user-code"[^>]*>/.exec(page.body) ?? [];
      expect([page.status, field.includes(`value="${typed}"`)]).toEqual([400, true]);
      const hmac = page.form('user_code').fields['hmac'] ?? '';
      const shown = [typed, typed.replaceAll(' ', '+'), typed.replaceAll(' ', '%20'), hmac];
      answers.add(shown.reduce((body, text) => body.replaceAll(text, ''), page.body));
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('This code does not work');
  });

  it('N53: one that is posted from elsewhere, or from another browser’s form, is not looked up', async () => {
    const browser = await start();
    const form = (await browser.get(harness.url('/device'))).form('user_code');
    const other = harness.browser();
    await other.get(harness.url('/device'));
    for (const [agent, fields] of [
      [browser, { user_code: CODE, hmac: undefined }],
      [browser, { user_code: CODE, hmac: 'x' }],
      [other, { user_code: CODE }],
      [harness.browser(), { user_code: CODE }],
    ] as const) {
      const page = await agent.submit(form, { fields });
      expect([page.status, page.body.includes('Please press the button again')]).toEqual([403, true]);
      expect(page.form('user_code').fields['user_code']).toBe(CODE);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6749 §3.1: a field that is there twice is refused', async () => {
    await start();
    const body = 'user_code=BCDF-GHJK&user_code=BCDF-GHJK';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await fetch(harness.url('/device/auth/verify_code'), { method: 'POST', body, headers })).status).toBe(400);
  });
});

describe('N63, RFC 8628 §5.1: guessing', () => {
  it('ends after a few codes from one source, the right one included, until the window ends', async () => {
    const browser = await start();
    for (let tries = 0; tries < USER_CODES_PER_SOURCE; tries += 1) {
      expect((await enter(browser, 'BBBB-BBBB')).status).toBe(400);
    }
    const page = await enter(browser);
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, '60']);
    expect(page.body).toContain('Please wait 60 seconds');
    expect(page.form('user_code').fields['user_code']).toBe(CODE);
    harness.clock.advance(61);
    expect((await enter(browser)).status).toBe(200);
  });

  it('is bounded for all sources together, to which one that is stopped does not add', async () => {
    const browser = await start();
    const everybody = { key: 'user_code', limit: USER_CODES_ALTOGETHER, windowSeconds: 60 };
    for (let tries = 0; tries < USER_CODES_PER_SOURCE + 5; tries += 1) await enter(browser, 'BBBB-BBBB');
    expect((await harness.storage.port.countAttempt(everybody)).count).toBe(USER_CODES_PER_SOURCE + 1);
    await harness.close();
    const other = await start();
    for (let tries = 0; tries < USER_CODES_ALTOGETHER; tries += 1) await harness.storage.port.countAttempt(everybody);
    expect((await enter(other)).status).toBe(429);
  });

  it('N96: what was typed stands in no log line', async () => {
    const browser = await start();
    await enter(browser, 'BBBB-BBBB');
    await reject(browser, await askedOf(browser));
    const text = harness.logs.join('');
    for (const secret of ['BBBB', 'BCDF']) expect(text).not.toContain(secret);
  });
});

describe('N67: the question whether the person began it', () => {
  it('names the application, what it asks for, the code and since when, and can be reloaded', async () => {
    const app = createClient('app', { settings: { clientUri: 'https://tv.example.com/' } });
    const browser = await start({ clients: [app] });
    harness.clock.advance(125);
    const page = await enter(browser);
    for (const words of ['Application app', 'tv.example.com', CODE, '2 minutes ago', 'Your email address']) {
      expect(page.body).toContain(words);
    }
    expect((await browser.get(page.url)).body).toContain('2 minutes ago');
    const chinese = await follow(browser, page, 'language-zh-CN');
    expect(chinese.body).toContain('这是您发起的吗');
  });

  it('cannot be skipped: its link is of one code and one browser, and of this very step', async () => {
    const browser = await start();
    letDeviceAsk(harness, { userCode: 'CCCC-CCCC' });
    const page = await enter(browser);
    const login = await follow(browser, page, 'continue');
    const confirmed = new URL(startAgainOf(login));
    const elsewhere = harness.browser();
    await elsewhere.get(harness.url('/device'));
    expect((await elsewhere.get(confirmed)).body).toContain('id="page-device-code"');
    expect((await harness.browser().get(confirmed)).body).toContain('id="page-device-code"');
    const otherCode = new URL(confirmed);
    otherCode.searchParams.set('user_code', 'CCCC-CCCC');
    expect((await browser.get(otherCode)).body).toContain('id="page-device-code"');
    const verified = new URL(page.url);
    verified.searchParams.set('connector', 'ldap');
    expect((await browser.get(verified)).body).toContain('id="page-device-confirm"');
  });

  it('no refuses the device, before anybody signed in', async () => {
    const browser = await start();
    const page = await refuse(browser, await enter(browser));
    expect([page.status, page.body.includes('You refused the device')]).toEqual([200, true]);
    expect(decisions()).toMatchObject([{ userCode: CODE }]);
    expect(decisions()[0]).not.toHaveProperty('authorization');
    expect((await enter(browser)).status).toBe(400);
  });

  it('N53: nobody can have it refused from elsewhere, and a second no finds it gone', async () => {
    const browser = await start();
    const page = await enter(browser);
    expect((await refuse(harness.browser(), page)).status).toBe(403);
    const { search } = page.url;
    expect((await browser.get(page.url)).status).toBe(200);
    const early = await fetch(harness.url(`/device/auth/verify_code${search}`), {
      method: 'POST',
      headers: {
        cookie: browser.jar
          .all()
          .map(({ name, value }) => `${name}=${value}`)
          .join('; '),
      },
    });
    expect(early.status).toBe(403);
    expect(decisions()).toEqual([]);
    await refuse(browser, page);
    const again = await refuse(browser, page);
    expect([again.status, startAgain(again)]).toEqual([400, '/dex/device']);
  });

  /** Where the login page would start again: the step after this question. */
  function startAgainOf(login: Page): string {
    const back = login.url.searchParams.get('back') ?? '';
    expect(back).toMatch(/^\/dex\/device\?user_code=BCDF-GHJK&hmac=/);
    return new URL(back, login.url).href;
  }
});

describe('N68: the sign-in is that of the authorization endpoint', () => {
  it('RFC 8628 §3.3: yes makes the device’s code stand for the person, in the scopes that were approved', async () => {
    const browser = await start();
    const done = await approve(browser, await askedOf(browser));
    expect([done.status, done.body.includes('You can go back to your device')]).toEqual([200, true]);
    const [decision] = decisions();
    expect(decision).toMatchObject({
      userCode: CODE,
      authorization: {
        clientId: 'app',
        redirectUri: '',
        scopes: ['openid', 'email'],
        connectorId: 'ldap',
        identity: { userId: 'id-of-jane' },
        details: { grantType: DEVICE_CODE_GRANT, amr: ['pwd'] },
      },
    });
    expect(harness.storage.codes.size).toBe(0);
    expect(harness.events.recorded.map(({ type }) => type)).toEqual(['sign_in.succeeded', 'consent.granted']);
  });

  it('RFC 7636: the challenge of the device stays with what was approved', async () => {
    const browser = await start();
    const pkce = { challenge: 'c'.repeat(43), method: 'S256' } as const;
    letDeviceAsk(harness, { payload: encodeDeviceRequest({ scopes: ['openid'], resources: [], pkce }) });
    await approve(browser, await askedOf(browser));
    expect(decisions()[0]?.authorization?.pkce).toEqual(pkce);
  });

  it('a choice of scopes counts, and the question is never remembered', async () => {
    const browser = await start({ oauth2: { skipApprovalScreen: true } });
    const question = await askedOf(browser);
    expect(question.body).not.toContain('id="remember"');
    await browser.submit(question.form('hmac'), {
      fields: { approval: 'approve', remember: 'yes', 'scope-1': undefined },
    });
    expect(decisions()[0]?.authorization?.scopes).toEqual(['openid']);
    expect(harness.storage.sessions.consents.size).toBe(0);
  });

  it('N67: in a session the person is still asked, both times', async () => {
    const app = createClient('app', { settings: { requireConsent: false } });
    const browser = await start({ clients: [app], sessions: { enabled: true } });
    await approve(browser, await askedOf(browser));
    letDeviceAsk(harness);
    harness.federation.logins.length = 0;
    const question = await follow(browser, await enter(browser), 'continue');
    expect(question.body).toContain('id="page-approval"');
    await approve(browser, question);
    expect(harness.federation.logins).toEqual([]);
    const [first, second] = decisions();
    expect(second?.authorization?.sessionId).toBe(first?.authorization?.sessionId);
    expect(second?.authorization?.sessionId).toBeDefined();
  });

  it('OIDC Core §3.1.2.1 max_age: a client’s own limit asks for the person again', async () => {
    const app = createClient('app', { settings: { maxAuthAgeSeconds: 60 } });
    const browser = await start({ clients: [app], sessions: { enabled: true } });
    await approve(browser, await askedOf(browser));
    harness.clock.advance(61);
    letDeviceAsk(harness);
    expect((await follow(browser, await enter(browser), 'continue')).body).toContain('id="page-login"');
  });

  it('Dex: a connector has to allow the grant of devices; of several the person chooses', async () => {
    const connectors = [
      passwordConnector('ldap'),
      callbackConnector('oidc', { grantTypes: [DEVICE_CODE_GRANT] }),
      passwordConnector('web', { grantTypes: ['authorization_code'] }),
    ];
    const browser = await start({ connectors, sessions: { enabled: true } });
    const choice = await follow(browser, await enter(browser), 'continue');
    expect([...choice.body.matchAll(/id="connector-([a-z]+)"/g)].map(([, id]) => id)).toEqual(['ldap', 'oidc']);
    const upstream = await follow(browser, choice, 'connector-oidc');
    expect([upstream.isStopped, upstream.url.hostname]).toEqual([true, 'upstream.example.com']);
    const login = await follow(browser, await follow(browser, choice, 'stay-signed-in-change'), 'connector-ldap');
    expect(login.body).not.toMatch(/id="remember-me"[^>]* checked/);
    expect((await follow(browser, login, 'back')).body).toContain('id="connector-oidc"');
    const forbidden = new URL(login.url.searchParams.get('back') ?? '', login.url);
    forbidden.searchParams.set('connector', 'web');
    expect((await browser.get(forbidden)).status).toBe(403);
  });

  it('no connector at all is said on a page', async () => {
    const browser = await start({ connectors: [passwordConnector('web', { grantTypes: ['password'] })] });
    const page = await follow(browser, await enter(browser), 'continue');
    expect([page.status, page.body.includes('id="no-connectors"')]).toEqual([400, true]);
  });
});
