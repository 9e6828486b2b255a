import type { DeviceRequest } from '@tessera/contracts';
import { encodeDeviceRequest } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { DEVICE_CODE_GRANT } from '../authorization/connectors.ts';
import { type Harness, type HarnessOptions, signIn, startHarness } from './harness.ts';

/** The user code of the device that waits. */
export const CODE = 'BCDF-GHJK';
const GRANT_TYPES = ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT];

/** A service that serves devices, of which one waits. */
export async function startForDevices(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness({ ...options, oauth2: { grantTypes: GRANT_TYPES, ...options.oauth2 } });
  letDeviceAsk(harness);
  return harness;
}

/** A device asks. */
export function letDeviceAsk(
  { clock, storage }: Harness,
  changes: Partial<DeviceRequest> = {},
  scopes: readonly string[] = ['openid', 'email'],
): void {
  const device: DeviceRequest = {
    userCode: CODE,
    clientId: 'app',
    payload: encodeDeviceRequest({ scopes, resources: [] }),
    expiresAt: new Date(clock.now().getTime() + 300_000),
    ...changes,
  };
  storage.shortLived.devices.set(device.userCode, device);
}

/** Types a user code. */
export async function enterCode({ url }: Harness, browser: UserAgent, userCode: string = CODE): Promise<Page> {
  const page = await browser.get(url('/device'));
  return browser.submit(page.form('user_code'), { fields: { user_code: userCode } });
}

/** Presses the link with this id. */
export function follow(browser: UserAgent, page: Page, id: string): Promise<Page> {
  const href = new RegExp(`id="${id}" href="([^"]+)"`).exec(page.body)?.[1];
  if (href === undefined) throw new Error(`no link ${id} on ${page.url.pathname}`);
  return browser.get(new URL(href.replaceAll('&#38;', '&'), page.url));
}

/** Up to the question whether the application may have what it asks for. */
export async function reachQuestion(harness: Harness, browser: UserAgent, userCode: string = CODE): Promise<Page> {
  return signIn(browser, await follow(browser, await enterCode(harness, browser, userCode), 'continue'));
}

/** Says no on a page before the sign-in. */
export function refuse(browser: UserAgent, page: Page): Promise<Page> {
  const form = page.forms().find(({ action }) => action.pathname.endsWith('/device/auth/verify_code'));
  if (form === undefined) throw new Error('nothing to refuse');
  return browser.submit(form);
}
