import { type Authentication, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, type HttpResponse, invalid, seeOther } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { MAX_REQUEST_CHARACTERS } from '../authorization/checks/length.ts';
import { findConnectorFor } from '../authorization/connectors.ts';
import { queryOf } from '../authorization/request-query.ts';
import { hasBrowserCookie } from '../flow/browser.ts';
import { errorPage, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { endWithError } from './continue.ts';
import { methodRefusal } from './method-refusal.ts';
import { assertIdentified, completeSignIn, NO_USER_ID, noteFailure } from './sign-in.ts';
import { type Step, withFlow } from './step.ts';

/** The return from an upstream, by GET or POST, below `/callback` or `/callback/{connector}`. Each state works once (N26). */
export function callbackEndpoint(context: EndpointContext): HttpHandler {
  return async (request) => {
    const parameters = request.method === 'POST' ? await request.form() : request.query();
    if (parameters.repeated.includes('state')) throw invalid(400, 'The state is there more than once.');
    const again = crossSitePost(context, request, parameters);
    if (again !== undefined) return again;
    return withFlow(context, request, parameters.get('state'), async (step) => {
      const { flow, client, subject } = step;
      const isTheOneBegun = (request.segments['connector'] ?? flow.connectorId) === flow.connectorId;
      if (findConnectorFor(context, client, flow.connectorId, flow)?.kind !== 'callback' || !isTheOneBegun) {
        return methodRefusal(context, request, 'not-begun', flow.restart, subject);
      }
      if (flow.authentication !== undefined) {
        return expiredPage(context, request, 'already-used', flow.restart, subject);
      }
      return complete(context, request, step, parameters);
    });
  };
}

/**
 * Browsers leave `SameSite=Lax` cookies out of a POST from another site (RFC 6265bis §5.5.7.1), and that is what an upstream
 * answers with in response mode `form_post`. The GET it is turned into brings them. Undefined when there is no need.
 */
function crossSitePost(
  context: EndpointContext,
  request: HttpRequest,
  parameters: Parameters,
): HttpResponse | undefined {
  if (request.method !== 'POST' || hasBrowserCookie(request, context.site.cookies)) return undefined;
  const query = queryOf(parameters.entries);
  return query.length > MAX_REQUEST_CHARACTERS ? undefined : seeOther(`${request.path}?${query}`);
}

async function complete(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  parameters: Parameters,
): Promise<HttpResponse> {
  const { flow } = step;
  let authentication: Authentication;
  try {
    authentication = assertIdentified(
      await context.federation.completeCallback({
        connectorId: flow.connectorId,
        state: flow.id,
        parameters: queryOf(parameters.entries),
        connectorData: flow.connectorData,
        scopes: flow.scopes,
      }),
    );
  } catch (thrown) {
    return judgeFailure(context, request, step, TesseraError.from(thrown));
  }
  const staysSignedIn = flow.staysSignedIn ?? context.config.sessions.rememberMeCheckedByDefault;
  return completeSignIn(context, request, step, { authentication, amr: ['fed'], staysSignedIn });
}

async function judgeFailure(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  error: TesseraError,
): Promise<HttpResponse> {
  const startAgainHref = step.flow.restart;
  noteFailure(context, step, error);
  switch (error.code) {
    case federationErrors.upstreamRefused:
      return endWithError(context, request, step, 'access_denied', 'The sign-in was refused.');
    case federationErrors.notInRequiredGroups:
    case NO_USER_ID:
      return errorPage(context, request, 403, { problem: 'not-allowed', startAgainHref }, step.subject);
    case federationErrors.invalidCallback:
      return errorPage(context, request, 400, { problem: 'sign-in-failed', startAgainHref }, step.subject);
    default:
      throw error;
  }
}
