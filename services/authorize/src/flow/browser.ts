import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type HttpRequest, setCookie } from '@tessera/http';

/** The cookie that ties sign-ins to the browser that began them. It says nothing about who uses the browser. */
export const BROWSER_COOKIE = 'tessera_browser';

const KEY = /^[A-Za-z0-9_-]{43}$/;

/** A browser, by a random key in its cookie. */
export interface Browser {
  /** SHA-256 of the key, base64url. */
  readonly hash: string;
  /** The `Set-Cookie` it needs; undefined when it has its cookie already. */
  readonly setCookie?: string;
}

/** How cookies of this issuer are set. */
export interface CookieScope {
  /** The issuer's path. */
  readonly path: string;
  /** True for an https issuer. */
  readonly isSecure: boolean;
}

/** The browser of a request; one without a cookie, or with one that is not ours, gets a new key. */
export function identifyBrowser(request: Pick<HttpRequest, 'cookie'>, scope: CookieScope): Browser {
  const known = findBrowserHash(request, scope);
  if (known !== undefined) return { hash: known };
  const key = randomBytes(32).toString('base64url');
  return { hash: hashOf(key), setCookie: setCookie({ ...browserCookie(scope), value: key }) };
}

/** Whether a flow was begun by the browser of this request (N26, N53). In constant time. */
export function isSameBrowser(
  request: Pick<HttpRequest, 'cookie'>,
  scope: CookieScope,
  { browser }: { readonly browser: string },
): boolean {
  const hash = findBrowserHash(request, scope);
  return hash !== undefined && timingSafeEqual(Buffer.from(hash), Buffer.from(browser));
}

/** Whether a request brings the cookie, whatever it says. */
export function hasBrowserCookie(request: Pick<HttpRequest, 'cookie'>, scope: CookieScope): boolean {
  return request.cookie(browserCookie(scope).name) !== undefined;
}

/** The `Set-Cookie` by which a browser is forgotten. */
export function forgetBrowser(scope: CookieScope): string {
  return setCookie({ ...browserCookie(scope), value: '', maxAgeSeconds: 0 });
}

/**
 * For an https issuer with the prefix `__Host-` (RFC 6265bis §4.1.3.2), which takes the path `/`: no other host of the
 * domain can set it, so nobody can make a person go on with a sign-in that was begun elsewhere.
 */
function browserCookie({ path, isSecure }: CookieScope): { readonly name: string } & CookieScope {
  return isSecure
    ? { name: `__Host-${BROWSER_COOKIE}`, path: '/', isSecure }
    : { name: BROWSER_COOKIE, path, isSecure };
}

/** SHA-256 of the key of a request's browser, base64url; undefined without a cookie of ours. */
export function findBrowserHash(request: Pick<HttpRequest, 'cookie'>, scope: CookieScope): string | undefined {
  const key = request.cookie(browserCookie(scope).name);
  return key !== undefined && KEY.test(key) ? hashOf(key) : undefined;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
