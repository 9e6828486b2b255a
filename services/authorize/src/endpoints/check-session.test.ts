import { createHash } from 'node:crypto';
import type { UserAgent } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  CALLBACK,
  type Harness,
  type HarnessOptions,
  reject,
  signIn,
  startHarness,
} from '../testing/harness.ts';

let harness: Harness;
let browser: UserAgent;
afterEach(async () => {
  await harness.service.close();
  await harness.close();
});

async function start(options: HarnessOptions = {}): Promise<void> {
  harness = await startHarness({ sessions: { enabled: true }, ...options });
  browser = harness.browser();
}

const stateCookie = () => browser.jar.all().find(({ name }) => name === 'tessera_browser_state')?.value ?? '';

/** What the iframe would say of an answer. */
function isUnchanged({ session_state = '' }: Record<string, string>): boolean {
  const [hash, salt] = session_state.split('.');
  const text = `app ${new URL(CALLBACK).origin} ${stateCookie()} ${salt}`;
  return createHash('sha256').update(text).digest('base64url') === hash;
}

describe('OIDC Session Management §2: session_state', () => {
  it('is in every answer: successes, and errors of somebody who is signed in and of nobody', async () => {
    await start();
    const nobody = answerOf(await harness.open(browser, { prompt: 'none' }));
    expect([nobody['error'], isUnchanged(nobody)]).toEqual(['login_required', true]);
    const question = await signIn(browser, await harness.open(browser));
    expect(isUnchanged(nobody)).toBe(false);
    const declined = answerOf(await reject(browser, question));
    expect([declined['error'], isUnchanged(declined)]).toEqual(['access_denied', true]);
    const malformed = answerOf(await harness.open(browser, { response_type: 'nonsense' }));
    expect(isUnchanged(malformed)).toBe(true);
  });

  it('OIDC Session Management §3.1: changes when the person signs out', async () => {
    await start({ oauth2: { skipApprovalScreen: true } });
    const answer = answerOf(await signIn(browser, await harness.open(browser)));
    expect([answer['code'] === undefined, isUnchanged(answer)]).toEqual([false, true]);
    const out = await browser.get(harness.url('/logout'));
    await browser.submit(out.form('hmac'), { button: 'Sign out' });
    expect(isUnchanged(answer)).toBe(false);
  });

  it('is left out where no sessions are kept', async () => {
    await start({ sessions: { enabled: false } });
    expect(answerOf(await harness.open(browser, { prompt: 'none' }))).not.toHaveProperty('session_state');
  });
});

describe('N70: the session iframe', () => {
  it('OIDC Session Management §3.2: may be framed, unlike every page, and knows the name of the cookie', async () => {
    await start();
    const { status, headers, body } = await harness.get('/session/check');
    expect([status, headers.get('x-frame-options')]).toEqual([200, null]);
    expect(headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(body).toContain('data-cookie="tessera_browser_state"');
  });

  it('is not there where no sessions are kept', async () => {
    await start({ sessions: { enabled: false } });
    expect((await harness.get('/session/check')).status).toBe(404);
  });
});
