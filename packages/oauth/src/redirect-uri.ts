import type { Client } from './client.ts';
import { checkRedirectUri, type RedirectUriProblem } from './redirect-uri-syntax.ts';

/** Outcome of {@link matchRedirectUri}. Only a matched URI may be redirected to. */
export type RedirectUriMatch =
  | { readonly ok: true; readonly redirectUri: string }
  | { readonly ok: false; readonly reason: RedirectUriProblem | 'unregistered' };

/** `http` to a loopback IP literal: before the port, the port, after the port (RFC 8252 §7.3). */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?((?:[/?].*)?)$/;
const LOOPBACK_OR_LOCALHOST = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:[/?].*)?$/;

/**
 * Decides whether an authorization request may be answered at `requested` (RFC 6749 §3.1.2.3, RFC 9700 §4.1.3): it must
 * equal a registered URI byte for byte. Only the port may differ, and only when the registered URI is `http` to
 * 127.0.0.1 or [::1] (RFC 8252 §7.3). As in Dex, a public client that registered none may use any port and path of
 * `http` on localhost, 127.0.0.1 or [::1].
 */
export function matchRedirectUri(
  requested: string,
  client: Pick<Client, 'redirectUris' | 'isPublic'>,
): RedirectUriMatch {
  const check = checkRedirectUri(requested);
  if (!check.ok) {
    return check;
  }
  const isMatch =
    client.redirectUris.length === 0
      ? client.isPublic && LOOPBACK_OR_LOCALHOST.test(requested)
      : client.redirectUris.some((registered) => registered === requested || isSameButPort(registered, requested));
  return isMatch ? { ok: true, redirectUri: requested } : { ok: false, reason: 'unregistered' };
}

function isSameButPort(registered: string, requested: string): boolean {
  const left = LOOPBACK.exec(registered);
  const right = LOOPBACK.exec(requested);
  return left !== null && right !== null && left[1] === right[1] && left[2] === right[2];
}
