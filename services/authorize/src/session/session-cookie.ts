import { type SecretRing, stepMac, verifyStepMac } from '@tessera/credentials';
import { type HttpRequest, setCookie } from '@tessera/http';
import type { CookieScope } from '../flow/browser.ts';

/** Which session a browser is in. */
export interface SessionTicket {
  /** Also the claim `sid`, so it is no secret: what opens the session is the proof in the cookie. */
  readonly sessionId: string;
  /** Of the sign-in that gave the cookie out. */
  readonly signIns: number;
}

/** How the cookie of sessions is made. */
export interface SessionCookieOptions {
  /** As configured. */
  readonly name: string;
  readonly scope: CookieScope;
  readonly ring: SecretRing;
}

const VALUE = /^([A-Za-z0-9_-]{16,64})\.([1-9]\d{0,8})\.([A-Za-z0-9_-]{44})$/;
const MAC_LABEL = 'browser session';

/** The session that a request's cookie proves; undefined for no cookie and for one that this issuer did not make. */
export function readSessionCookie(
  request: Pick<HttpRequest, 'cookie'>,
  { name, scope, ring }: SessionCookieOptions,
): SessionTicket | undefined {
  const parts = VALUE.exec(request.cookie(cookieAttributes(name, scope).name) ?? '');
  const [, sessionId = '', signIns = '', mac = ''] = parts ?? [];
  return parts !== null && verifyStepMac(ring, mac, MAC_LABEL, sessionId, signIns)
    ? { sessionId, signIns: Number(signIns) }
    : undefined;
}

/** Whether a request brings the cookie, whatever it says. */
export function hasSessionCookie(
  request: Pick<HttpRequest, 'cookie'>,
  { name, scope }: Pick<SessionCookieOptions, 'name' | 'scope'>,
): boolean {
  return request.cookie(cookieAttributes(name, scope).name) !== undefined;
}

/** The `Set-Cookie` of a session. Without `maxAgeSeconds` the cookie ends with the browser. */
export function sessionCookie(
  { name, scope, ring }: SessionCookieOptions,
  { sessionId, signIns }: SessionTicket,
  maxAgeSeconds?: number,
): string {
  const mac = stepMac(ring, MAC_LABEL, sessionId, String(signIns));
  return setCookie({
    ...cookieAttributes(name, scope),
    value: `${sessionId}.${signIns}.${mac}`,
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  });
}

/** The `Set-Cookie` by which the cookie is removed. */
export function forgetSessionCookie({ name, scope }: Pick<SessionCookieOptions, 'name' | 'scope'>): string {
  return setCookie({ ...cookieAttributes(name, scope), value: '', maxAgeSeconds: 0 });
}

/** As the cookie of the flow: for an https issuer no other host of the domain can set it (RFC 6265bis §4.1.3.2). */
function cookieAttributes(name: string, { path, isSecure }: CookieScope): { readonly name: string } & CookieScope {
  if (!isSecure) return { name, path, isSecure };
  return { name: name.startsWith('__Host-') ? name : `__Host-${name}`, path: '/', isSecure };
}
