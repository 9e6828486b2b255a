import { OAuthError, TesseraError, toOAuthError } from '@tessera/errors';
import { type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import { buildAuthorizationResponse, type OAuthErrorCode } from '@tessera/oauth';
import { createRequestId, currentContext } from '@tessera/telemetry';
import { ClientRefusal, PageRefusal } from '../authorization/refusal.ts';
import { type PageSubject, pageResponse } from '../site.ts';
import type { ErrorModel } from '../views/models.ts';
import type { EndpointContext } from './context.ts';

/** Where an error of a client goes. */
interface ErrorTarget {
  readonly redirectUri: string;
  readonly state?: string | undefined;
}

/** The answer to a client that something went wrong (RFC 6749 §4.1.2.1), with `iss` (RFC 9207 §2). */
export function clientError(
  context: EndpointContext,
  target: ErrorTarget,
  error: OAuthErrorCode,
  description: string,
): HttpResponse {
  return seeOther(
    buildAuthorizationResponse({
      redirectUri: target.redirectUri,
      mode: 'query',
      parameters: { error, error_description: description, state: target.state, iss: context.config.issuer },
    }),
  );
}

/** An explanation on a page of our own, with the reference that is also in the log. */
export function errorPage(
  context: EndpointContext,
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
  context: EndpointContext,
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
      return clientError(context, refused, error, description);
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
