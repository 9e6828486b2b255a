import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { type ConformanceClient, PERSON } from '../system.ts';
import { type FlowResult, redeemCode } from './flow.ts';
import type { ModuleRun } from './module-run.ts';

/** A real browser in which somebody signed in at a client, for what only scripts can show. */
export interface Screen {
  readonly page: Page;
  readonly idToken: string;
  readonly sessionState: string;
}

/** Signs in by the pages of a real browser and redeems the code. */
export async function signInOnScreen(run: ModuleRun, client: ConformanceClient): Promise<Screen> {
  const page = await run.openScreen();
  await page.goto(codeRequest(run, client).href);
  await page.click('#connector-local');
  await page.fill('#login', PERSON.login);
  await page.fill('#password', PERSON.password);
  await page.click('#submit-login');
  await page.waitForSelector('#approve, #client');
  if (await page.isVisible('#approve')) await page.click('#approve');
  const answer = await answerOnScreen(page);
  const tokens = await redeemCode({ ...run, client }, answer.get('code') ?? '');
  return {
    page,
    idToken: tokens.body['id_token'] as FlowResult['idToken'],
    sessionState: answer.get('session_state') ?? '',
  };
}

/** Asks for a code, with whatever is to be said beyond. */
export function codeRequest(
  { provider, redirectUri }: ModuleRun,
  client: ConformanceClient,
  more: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(provider.endpoint('authorization_endpoint'));
  url.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    state: randomBytes(8).toString('hex'),
    ...more,
  }).toString();
  return url;
}

/** Waits until the browser is at the client, and returns what it brought. */
export async function answerOnScreen(page: Page): Promise<URLSearchParams> {
  await page.waitForSelector('#client');
  return new URL(page.url()).searchParams;
}

/** What the session iframe says to a page of the client's (OIDC Session Management §3.1). */
export async function askSessionFrame(page: Page, run: ModuleRun, message: string): Promise<unknown> {
  await page.goto(run.system.clientOrigin);
  const address = run.provider.endpoint('check_session_iframe');
  const question = JSON.stringify({ address, origin: new URL(address).origin, message });
  return page.evaluate(`(({ address, origin, message }) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    addEventListener('message', (event) => {
      if (event.origin === origin && event.source === frame.contentWindow) resolve(event.data);
    });
    frame.addEventListener('load', () => frame.contentWindow.postMessage(message, origin));
    frame.src = address;
    document.body.append(frame);
  }))(${question})`);
}
