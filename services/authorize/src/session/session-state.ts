import { createHash, randomBytes } from 'node:crypto';
import type { HttpRequest } from '@tessera/http';
import type { CookieScope } from '../flow/browser.ts';

/** The cookie that the session iframe reads. It opens nothing: it only changes when the session does. */
const BROWSER_STATE_COOKIE = 'tessera_browser_state';

/** A new browser state: unguessable, so that a client cannot compute what another one was told. */
export function createBrowserState(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The value `session_state` of an answer (OIDC Session Management §4.2): a hash over client, origin and browser state with a
 * salt. Undefined for a redirect URI without an origin (RFC 6454 §4), because no script can ask there.
 */
export function sessionState(
  answer: { readonly clientId: string; readonly redirectUri: string; readonly browserState: string },
  salt: string = randomBytes(12).toString('base64url'),
): string | undefined {
  const origin = URL.parse(answer.redirectUri)?.origin;
  if (origin === undefined || origin === 'null') return undefined;
  const text = `${answer.clientId} ${origin} ${answer.browserState} ${salt}`;
  return `${createHash('sha256').update(text).digest('base64url')}.${salt}`;
}

/** The browser state that a request's cookie says; empty in a browser that nobody is signed in to, which is a state as well. */
export function readBrowserState(request: Pick<HttpRequest, 'cookie'>, scope: CookieScope): string {
  return request.cookie(browserStateCookieName(scope)) ?? '';
}

/** Name of the cookie at an issuer: with a prefix for an https one, so that no other host of the domain can set it. */
export function browserStateCookieName({ isSecure }: CookieScope): string {
  return isSecure ? `__Host-${BROWSER_STATE_COOKIE}` : BROWSER_STATE_COOKIE;
}

/**
 * The `Set-Cookie` of a browser state: readable by scripts and sent into frames of other sites, which browsers allow on https
 * only. Without `maxAgeSeconds` it ends with the browser; 0 removes it.
 */
export function browserStateCookie(scope: CookieScope, browserState: string, maxAgeSeconds?: number): string {
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
  const rules = scope.isSecure ? '; SameSite=None; Secure' : '; SameSite=Lax';
  return `${browserStateCookieName(scope)}=${browserState}; Path=${scope.isSecure ? '/' : scope.path}${age}${rules}`;
}
