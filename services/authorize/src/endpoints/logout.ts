import { type HttpHandler, type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { MAX_REQUEST_CHARACTERS } from '../authorization/checks/length.ts';
import { queryOf } from '../authorization/request-query.ts';
import { namesSession } from '../logout/logout-hint.ts';
import { LogoutRefusal } from '../logout/logout-refusal.ts';
import { type LogoutRequest, parseLogoutRequest } from '../logout/logout-request.ts';
import { prefersJson } from '../logout/prefers-json.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import { pageResponse } from '../site.ts';
import { answerFailures, errorPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { logoutByClient } from './logout-by-client.ts';
import { isLogoutMac, questionFields } from './logout-confirmation.ts';
import { leave, signOut } from './logout-leave.ts';
import { logoutHref, logoutSubject } from './logout-places.ts';

/**
 * The logout endpoint (OIDC RP-Initiated Logout §2), by GET or POST. The session is the one of the browser's cookie and no other
 * (N56); a hint that names it spares the person the question. A program gets JSON, as from ArkID.
 */
export function logoutEndpoint(context: EndpointContext): HttpHandler {
  return async (request) => {
    const parameters = request.method === 'POST' ? await request.form() : request.query();
    if (prefersJson(request.headers.accept)) return logoutByClient(context, request, parameters);
    return answerFailures(context, request, { href: repeatHref(context, request) }, async () => {
      try {
        return await logOut(context, request, parameters);
      } catch (refusal) {
        if (!(refusal instanceof LogoutRefusal)) throw refusal;
        return refuse(context, request, refusal);
      }
    });
  };
}

/** The same request again, as far as an address can say it. */
function repeatHref(context: EndpointContext, { method, queryString }: HttpRequest): string {
  const query = method === 'GET' ? new URLSearchParams(queryString).toString() : '';
  return query === '' || query.length > MAX_REQUEST_CHARACTERS
    ? logoutHref(context)
    : `${logoutHref(context)}?${query}`;
}

async function logOut(context: EndpointContext, request: HttpRequest, parameters: Parameters): Promise<HttpResponse> {
  const logout = await parseLogoutRequest(parameters, context);
  const again = withoutCookies(context, request, parameters, logout);
  if (again !== undefined) return again;
  const session = await context.sessions.find(request);
  if (session === undefined) return leave(context, request, logout, undefined);
  if (logout.hint !== undefined && namesSession(logout.hint, session, context.subjectAt)) {
    return signOut(context, request, logout, session);
  }
  if (request.method === 'POST' && isLogoutMac(context, session, logout, parameters.get('hmac') ?? '')) {
    return parameters.get('logout') === 'yes'
      ? signOut(context, request, logout, session)
      : stay(context, request, logout);
  }
  return question(context, request, logout, session);
}

/**
 * Browsers leave `SameSite=Lax` cookies out of a POST from another site, so nobody would have a session; the GET it is turned into
 * brings them. A hint that is too long for an address is left out, and the person is asked. Undefined when there is no need.
 */
function withoutCookies(
  context: EndpointContext,
  request: HttpRequest,
  { entries }: Parameters,
  { client }: LogoutRequest,
): HttpResponse | undefined {
  if (request.method !== 'POST' || !context.sessions.isEnabled || context.sessions.hasCookie(request)) return undefined;
  const href = (pairs: Parameters['entries']): string => `${logoutHref(context)}?${queryOf(pairs)}`;
  const whole = href(entries);
  if (whole.length <= MAX_REQUEST_CHARACTERS) return seeOther(whole);
  const others = entries.filter(([name]) => name !== 'id_token_hint' && name !== 'client_id');
  const short = href([...others, ...(client === undefined ? [] : [['client_id', client.id] as const])]);
  if (short.length <= MAX_REQUEST_CHARACTERS) return seeOther(short);
  throw new LogoutRefusal('bad-logout', 'The request is too long.', client);
}

function question(
  context: EndpointContext,
  request: HttpRequest,
  logout: LogoutRequest,
  session: BrowserSession,
): HttpResponse {
  const { username, email } = session.identity;
  const page = context.views.logoutQuestion({
    ...context.site.pageModel(request, logoutSubject(logout)),
    action: logoutHref(context),
    fields: questionFields(context, session, logout),
    person: { name: username, email },
    // Upstreams sign people out at addresses that only they know; they are on https, or like us.
    leadsTo: ['https://upstream', context.config.issuer],
  });
  return pageResponse(200, page, context.site, request);
}

function stay(context: EndpointContext, request: HttpRequest, logout: LogoutRequest): HttpResponse {
  context.logger.info({ client_id: logout.client?.id }, 'sign-out declined');
  const model = context.site.pageModel(request, logoutSubject(logout));
  const page = context.views.stillSignedIn({ ...model, returnHref: logout.client?.settings.clientUri });
  return pageResponse(200, page, context.site, request);
}

function refuse(context: EndpointContext, request: HttpRequest, refusal: LogoutRefusal): HttpResponse {
  const { problem, detail, client } = refusal;
  context.logger.info({ client_id: client?.id, problem }, 'logout request refused');
  return errorPage(context, request, 400, { problem, detail, startAgainHref: logoutHref(context) }, { client });
}
