import { addSeconds } from '@tessera/clock';
import { TesseraError, toOAuthError } from '@tessera/errors';
import { type HttpRequest, type HttpResponse, jsonResponse, seeOther } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { forgetBrowser } from '../flow/browser.ts';
import { type LogoutHint, namesSession } from '../logout/logout-hint.ts';
import { LogoutRefusal } from '../logout/logout-refusal.ts';
import { type LogoutRequest, parseLogoutRequest } from '../logout/logout-request.ts';
import { postLogoutLocation } from '../logout/post-logout-target.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import type { EndpointContext } from './context.ts';

/**
 * A logout by a program of a client, which is answered JSON as ArkID does, with the status 200: it sends an ID token and has no
 * browser. What may be ended is less than a person may: the one session that the token names by `sid`, if the token was issued in
 * it to this client, not longer ago than a session can last, and the call brings no cookie of another session (N56). Applications
 * are told behind the answer; nothing is shown, so none is told in a browser.
 */
export async function logoutByClient(
  context: EndpointContext,
  request: HttpRequest,
  parameters: Parameters,
): Promise<HttpResponse> {
  try {
    return await answerClient(context, request, parameters);
  } catch (thrown) {
    const error = toOAuthError(TesseraError.from(thrown));
    context.logger.error({ err: thrown }, 'request failed');
    return jsonResponse(error.status, error.toBody(), error.headers);
  }
}

async function answerClient(
  context: EndpointContext,
  request: HttpRequest,
  parameters: Parameters,
): Promise<HttpResponse> {
  const logout = await tryToParse(context, parameters);
  if (logout instanceof LogoutRefusal) {
    context.logger.info({ client_id: logout.client?.id, problem: logout.problem }, 'logout request refused');
    return failure(logout.problem === 'untrusted-return' ? 'post_logout_redirect_uri error' : 'id_token error');
  }
  if (logout.hint === undefined) return failure('id_token error');
  const verdict = await sessionToEnd(context, request, logout.hint);
  if (verdict === 'refused') return failure('id_token error');
  if (verdict !== 'gone') {
    await context.sessions.end(verdict, { reason: 'logout' });
    context.logger.info({ client_id: logout.hint.client.id, connector_id: verdict.connectorId }, 'signed out');
  }
  const cookies = context.sessions.hasCookie(request)
    ? [...context.sessions.forgettingCookies(), forgetBrowser(context.site.cookies)]
    : [];
  if (logout.target !== undefined) return seeOther(postLogoutLocation(logout.target), { 'set-cookie': cookies });
  const answer = jsonResponse(200, { error_code: 0, error_msg: 'logout success' });
  return { ...answer, headers: { ...answer.headers, 'set-cookie': cookies } };
}

async function tryToParse(context: EndpointContext, parameters: Parameters): Promise<LogoutRequest | LogoutRefusal> {
  try {
    return await parseLogoutRequest(parameters, context);
  } catch (refusal) {
    if (refusal instanceof LogoutRefusal) return refusal;
    throw refusal;
  }
}

/** The session to end; `gone` when it ended before, `refused` when the hint is not good enough to end one. */
async function sessionToEnd(
  context: EndpointContext,
  request: HttpRequest,
  hint: LogoutHint,
): Promise<BrowserSession | 'gone' | 'refused'> {
  const { sessions, clock, config, subjectAt } = context;
  if (!sessions.isEnabled) return 'gone';
  const present = await sessions.find(request);
  if (present !== undefined) return namesSession(hint, present, subjectAt) ? present : 'refused';
  if (hint.sessionId === undefined) return 'refused';
  const named = await sessions.findById(hint.sessionId);
  if (named === undefined) return 'gone';
  const isFresh = clock.now() < addSeconds(hint.expiresAt, config.sessions.absoluteLifetimeSeconds);
  const isItsOwn = named.clientIds.includes(hint.client.id) && namesSession(hint, named, subjectAt);
  return isFresh && isItsOwn && !sessions.hasCookie(request) ? named : 'refused';
}

function failure(message: string): HttpResponse {
  return jsonResponse(200, { error_code: 1, error_msg: message });
}
