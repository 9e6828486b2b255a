import { stepMac, verifyStepMac } from '@tessera/credentials';
import type { HttpRequest } from '@tessera/http';
import type { EndpointContext } from '../endpoints/context.ts';
import { findBrowserHash } from '../flow/browser.ts';

/** What the steps are tied together with. */
export type DeviceStepContext = Pick<EndpointContext, 'browserSecrets' | 'site'>;

/** How far a browser is with a user code: it was verified (and is to be confirmed), or the person said that it is theirs. */
export type DeviceStep = 'verified' | 'confirmed';

const STEPS: readonly DeviceStep[] = ['verified', 'confirmed'];
const FORM_STEP = 'device form';

/** The page that asks for a user code, with one filled in or not. */
export function deviceHref({ site }: Pick<DeviceStepContext, 'site'>, userCode?: string): string {
  const path = `${site.basePath}/device`;
  return userCode === undefined ? path : `${path}?${new URLSearchParams({ user_code: userCode }).toString()}`;
}

/** Where the form with the user code posts. */
export function verificationHref({ site }: Pick<DeviceStepContext, 'site'>): string {
  return `${site.basePath}/device/auth/verify_code`;
}

/** The query of a step, for one browser: nobody else can make it, so nobody can lead a person past a step (N67). */
export function deviceStepQuery(
  { browserSecrets }: Pick<DeviceStepContext, 'browserSecrets'>,
  { step, userCode, browser }: { readonly step: DeviceStep; readonly userCode: string; readonly browser: string },
): string {
  const hmac = stepMac(browserSecrets.ring(), `device ${step}`, userCode, browser);
  return new URLSearchParams({ user_code: userCode, hmac }).toString();
}

/** The step that {@link deviceStepQuery} made for this user code and this browser; undefined when it made none of that. */
export function findDeviceStep(
  { browserSecrets, site }: DeviceStepContext,
  request: Pick<HttpRequest, 'cookie'>,
  userCode: string,
  hmac: string | undefined,
): DeviceStep | undefined {
  const browser = findBrowserHash(request, site.cookies);
  if (browser === undefined || hmac === undefined) return undefined;
  return STEPS.find((step) => verifyStepMac(browserSecrets.ring(), hmac, `device ${step}`, userCode, browser));
}

/** The value that the form with the user code posts along: it shows that the form was ours, in this browser. */
export function deviceFormMac({ browserSecrets }: Pick<DeviceStepContext, 'browserSecrets'>, browser: string): string {
  return stepMac(browserSecrets.ring(), FORM_STEP, browser);
}

/** Whether a value is {@link deviceFormMac}'s for the browser of this request. */
export function isDeviceFormMac(
  { browserSecrets, site }: DeviceStepContext,
  request: Pick<HttpRequest, 'cookie'>,
  hmac: string | undefined,
): boolean {
  const browser = findBrowserHash(request, site.cookies);
  return browser !== undefined && hmac !== undefined && verifyStepMac(browserSecrets.ring(), hmac, FORM_STEP, browser);
}
