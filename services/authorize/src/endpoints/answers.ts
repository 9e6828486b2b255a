import { OAuthError, TesseraError, toOAuthError } from '@tessera/errors';
import { type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import {
  type AuthorizationResponseParameters,
  authorizationResponseEntries,
  buildAuthorizationResponse,
  type OAuthErrorCode,
} from '@tessera/oauth';
import { createRequestId, currentContext } from '@tessera/telemetry';
import { ClientRefusal, PageRefusal } from '../authorization/refusal.ts';
import type { ResponseMode } from '../authorization/request.ts';
import { readBrowserState, sessionState } from '../session/session-state.ts';
import { type PageSubject, pageResponse } from '../site.ts';
import type { ErrorModel } from '../views/models.ts';
import type { EndpointContext } from './context.ts';

/** What answers are made with. */
export type AnswerContext = Pick<EndpointContext, 'config' | 'site' | 'views'>;

/** Where an authorization response goes, and how it travels. */
export interface ResponseTarget {
  /** Known to be the client's. */
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state?: string | undefined;
}

/** Where an error goes. */
export interface ErrorTarget extends ResponseTarget {
  readonly clientId: string;
  /** Undefined = as the browser's cookie says. */
  readonly sessionState?: string | undefined;
}

/**
 * An authorization response, success or error: in the query or the fragment of a redirect (OAuth 2.0 Multiple Response Types
 * §2.1), or on a page that posts it (OAuth 2.0 Form Post Response Mode §2). Adds `state` and `iss` (RFC 9207 §2).
 */
export function authorizationResponse(
  context: AnswerContext,
  request: HttpRequest,
  { redirectUri, responseMode, state }: ResponseTarget,
  answer: Omit<AuthorizationResponseParameters, 'state' | 'iss'>,
  subject: PageSubject = {},
): HttpResponse {
  const parameters = { ...answer, state, iss: context.config.issuer };
  if (responseMode !== 'form_post') {
    return seeOther(buildAuthorizationResponse({ redirectUri, mode: responseMode, parameters }));
  }
  // Without its method, so that no language link repeats what was answered.
  const { queryString, headers } = request;
  const page = context.views.formPost({
    ...context.site.pageModel(
      { queryString, headers, cookie: (name) => request.cookie(name) },
      { ...subject, redirectUri },
    ),
    redirectUri,
    fields: authorizationResponseEntries(parameters),
  });
  return pageResponse(200, page, context.site, request);
}

/**
 * The answer to a client that something went wrong (RFC 6749 §4.1.2.1 and §4.2.2.1, OIDC Core §3.1.2.6). It tells the session
 * state too, so that the client notices when somebody signs in (OIDC Session Management §2).
 */
export function clientError(
  context: AnswerContext,
  request: HttpRequest,
  target: ErrorTarget,
  error: OAuthErrorCode,
  description: string,
  subject?: PageSubject,
): HttpResponse {
  const { config, site } = context;
  const session_state =
    target.sessionState ??
    (config.sessions.enabled
      ? sessionState({ ...target, browserState: readBrowserState(request, site.cookies) })
      : undefined);
  const answer = { error, error_description: description, session_state };
  return authorizationResponse(context, request, target, answer, subject);
}

/** An explanation on a page of our own, with the reference that is also in the log. */
export function errorPage(
  context: AnswerContext,
  request: HttpRequest,
  status: number,
  model: Pick<ErrorModel, 'problem' | 'turn' | 'detail' | 'startAgainHref'>,
  subject?: PageSubject,
): HttpResponse {
  const base = context.site.pageModel(request, subject);
  const reference = currentContext()?.requestId ?? createRequestId();
  return pageResponse(status, context.views.error({ ...base, ...model, reference }), context.site, request);
}

/** Explains that a step is over or too late, and offers to start again. */
export function expiredPage(
  context: AnswerContext,
  request: HttpRequest,
  reason: 'expired' | 'already-used',
  startAgainHref: string | undefined,
  subject?: PageSubject,
): HttpResponse {
  const page = context.views.expired({ ...context.site.pageModel(request, subject), reason, startAgainHref });
  return pageResponse(400, page, context.site, request);
}

/** Turns the two refusals of the authorization checks into their answers; any other error passes on. */
export async function answerRefusals(
  context: EndpointContext,
  request: HttpRequest,
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await work();
  } catch (refusal) {
    if (refusal instanceof ClientRefusal) {
      const { error, description, request: refused } = refusal;
      context.logger.info({ client_id: refused.client.id, error }, 'authorization request refused');
      const target = { ...refused, clientId: refused.client.id };
      return clientError(context, request, target, error, description, { client: refused.client });
    }
    if (refusal instanceof PageRefusal) {
      const { problem, detail, client } = refusal;
      context.logger.info({ client_id: client?.id, problem }, 'authorization request refused on a page');
      return errorPage(context, request, 400, { problem, detail }, { client });
    }
    throw refusal;
  }
}

/**
 * Answers what fails behind a step (a neighbour that is down or slow, a mistake of ours) by a page from which the person can
 * start again. Refusals of the request itself (OAuthError) pass on.
 */
export async function answerFailures(
  context: EndpointContext,
  request: HttpRequest,
  startAgain: { readonly href: string | undefined; readonly subject?: PageSubject },
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof OAuthError) throw thrown;
    const { status, headers } = toOAuthError(TesseraError.from(thrown));
    context.logger.error({ err: thrown }, 'request failed');
    const problem = status === 503 ? 'unavailable' : 'internal';
    const page = errorPage(context, request, status, { problem, startAgainHref: startAgain.href }, startAgain.subject);
    return { ...page, headers: { ...page.headers, ...headers } };
  }
}
