import { stepMac, verifyStepMac } from '@tessera/credentials';
import type { LogoutRequest } from '../logout/logout-request.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import type { EndpointContext } from './context.ts';

const LOGOUT_STEP = 'logout';

type MacContext = Pick<EndpointContext, 'browserSecrets'>;

/**
 * The fields of the form by which a person confirms: the request without its hint, and a value that only a page of ours for this
 * very sign-in has, so that nobody else can confirm (N56, N95).
 */
export function questionFields(
  context: MacContext,
  session: BrowserSession,
  logout: LogoutRequest,
): readonly (readonly [name: string, value: string])[] {
  const { client, target, locale } = logout;
  const hmac = stepMac(context.browserSecrets.ring(), ...labels(session, logout));
  const fields: readonly (readonly [name: string, value: string | undefined])[] = [
    ['client_id', client?.id],
    ['post_logout_redirect_uri', target?.redirectUri],
    ['state', target?.state],
    ['ui_locales', locale],
    ['hmac', hmac],
  ];
  return fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** Whether a value is that of {@link questionFields}, for this session as it now stands and this request. */
export function isLogoutMac(context: MacContext, session: BrowserSession, logout: LogoutRequest, mac: string): boolean {
  return verifyStepMac(context.browserSecrets.ring(), mac, ...labels(session, logout));
}

function labels({ id, content }: BrowserSession, { client, target }: LogoutRequest): readonly string[] {
  return [LOGOUT_STEP, id, String(content.signIns), client?.id ?? '', target?.redirectUri ?? '', target?.state ?? ''];
}
