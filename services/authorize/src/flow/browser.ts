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
  const known = findBrowserHash(request);
  if (known !== undefined) return { hash: known };
  const key = randomBytes(32).toString('base64url');
  return { hash: hashOf(key), setCookie: setCookie({ name: BROWSER_COOKIE, value: key, ...scope }) };
}

/** Whether a flow was begun by the browser of this request (N26, N53). In constant time. */
export function isSameBrowser(request: Pick<HttpRequest, 'cookie'>, flowBrowser: string): boolean {
  const hash = findBrowserHash(request);
  return hash !== undefined && timingSafeEqual(Buffer.from(hash), Buffer.from(flowBrowser));
}

function findBrowserHash(request: Pick<HttpRequest, 'cookie'>): string | undefined {
  const key = request.cookie(BROWSER_COOKIE);
  return key !== undefined && KEY.test(key) ? hashOf(key) : undefined;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
