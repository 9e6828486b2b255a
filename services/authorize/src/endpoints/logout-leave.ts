import { type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import { forgetBrowser, identifyBrowser } from '../flow/browser.ts';
import { keepContinuation } from '../logout/continuation.ts';
import { frontChannelAddresses } from '../logout/front-channel.ts';
import type { LogoutRequest } from '../logout/logout-request.ts';
import { postLogoutLocation } from '../logout/post-logout-target.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import { pageResponse } from '../site.ts';
import { parseWebUrl } from '../views/safe-url.ts';
import type { EndpointContext } from './context.ts';
import { logoutSubject } from './logout-places.ts';

const CALLBACK_PATH = '/logout/callback';

/**
 * Ends the session of a browser, then sends the person on. What has to be told to clients is kept first; after a crash in between
 * the person signs out again.
 */
export async function signOut(
  context: EndpointContext,
  request: HttpRequest,
  logout: LogoutRequest,
  session: BrowserSession,
): Promise<HttpResponse> {
  await context.sessions.end(session, { reason: 'logout' });
  const { client } = logout;
  context.logger.info({ client_id: client?.id, connector_id: session.connectorId }, 'signed out');
  return leave(context, request, logout, session);
}

/**
 * Sends a person on who is signed out: the browser forgets us, the applications of the session are told in frames, the upstream is
 * asked to sign out too, and then they are back at the application, or on a page that says so.
 */
export async function leave(
  context: EndpointContext,
  request: HttpRequest,
  logout: LogoutRequest,
  session: BrowserSession | undefined,
): Promise<HttpResponse> {
  const frames = session === undefined ? [] : frontChannelAddresses(context, session);
  const next = await nextPlace(context, logout, session, frames.length > 0);
  const cookies = [
    ...(context.sessions.isEnabled ? context.sessions.forgettingCookies() : []),
    next?.cookie ?? forgetBrowser(context.site.cookies),
  ];
  const model = context.site.pageModel(request, logoutSubject(logout));
  if (next === undefined) {
    const page = context.views.signedOut({ ...model, returnHref: logout.client?.settings.clientUri, frames });
    return pageResponse(200, page, context.site, request, cookies);
  }
  if (frames.length === 0) return seeOther(next.href, { 'set-cookie': cookies });
  // Without its language switch: the page is left before anybody could use it.
  const page = context.views.logoutFrames({ ...model, languageLinks: undefined, frames, continueHref: next.href });
  return pageResponse(200, page, context.site, request, cookies);
}

/** Where the browser goes next, and the cookie it needs to come back; undefined = it stays with us. */
interface NextPlace {
  readonly href: string;
  readonly cookie?: string | undefined;
}

async function nextPlace(
  context: EndpointContext,
  logout: LogoutRequest,
  session: BrowserSession | undefined,
  hasPage: boolean,
): Promise<NextPlace | undefined> {
  const upstream = session === undefined ? undefined : await upstreamPlace(context, logout, session);
  if (upstream !== undefined) return upstream;
  if (logout.target === undefined) return undefined;
  const href = postLogoutLocation(logout.target);
  if (!hasPage || parseWebUrl(href) !== undefined) return { href };
  // A page cannot lead to an application on the device, but an address of ours can.
  const { state, cookie } = await keepForThisBrowser(context, logout);
  return { href: `${context.site.basePath}${CALLBACK_PATH}?state=${state}`, cookie };
}

/** The upstream's own sign-out (OIDC RP-Initiated Logout §2). One that cannot be asked keeps nobody from signing out here. */
async function upstreamPlace(
  context: EndpointContext,
  logout: LogoutRequest,
  { connectorId, content }: BrowserSession,
): Promise<NextPlace | undefined> {
  if (context.connectors.find(connectorId)?.kind !== 'callback') return undefined;
  try {
    const { state, cookie } = await keepForThisBrowser(context, logout);
    const { connectorData } = content;
    const returnUrl = `${context.config.issuer}${CALLBACK_PATH}`;
    const href = await context.federation.beginLogout({ connectorId, connectorData, returnUrl, state });
    return href === undefined ? undefined : { href, cookie };
  } catch (err) {
    context.logger.warn({ err, connector_id: connectorId }, 'the upstream could not be signed out of');
    return undefined;
  }
}

/** Under a new key: the one of before, and with it whatever was begun in this browser, is forgotten. */
async function keepForThisBrowser(
  context: EndpointContext,
  { target, locale }: LogoutRequest,
): Promise<{ readonly state: string; readonly cookie: string | undefined }> {
  const { hash, setCookie } = identifyBrowser({ cookie: () => undefined }, context.site.cookies);
  const state = await keepContinuation(context, {
    browser: hash,
    ...(target === undefined ? {} : { target }),
    ...(locale === undefined ? {} : { locale }),
  });
  return { state, cookie: setCookie };
}
