import { type HttpHandler, type HttpRequest, type HttpResponse, invalid } from '@tessera/http';
import { encodeSubject, type Parameters, peersOfScopes } from '@tessera/oauth';
import { approvedScopes } from '../consent/approved-scopes.ts';
import { claimsBeyondScopes, consentScopes } from '../consent/consent-scopes.ts';
import { isRememberable } from '../consent/judge-consent.ts';
import { narrowClaims } from '../consent/narrow-claims.ts';
import { rememberConsent } from '../consent/remember-consent.ts';
import { pageResponse } from '../site.ts';
import { expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { approvalMac, endWithError, finishInSession, isApprovalMac } from './continue.ts';
import { type Step, stepQuery, withFlow } from './step.ts';

/**
 * The question whether the application may have what it asks for: shows it (GET), and takes the answer (POST `approval`:
 * `approve` answers the client, anything else is `access_denied` at the client, RFC 6749 §4.1.2.1).
 */
export function approvalEndpoint(context: EndpointContext): HttpHandler {
  return async (request) => {
    const fields = request.method === 'POST' ? await request.form() : request.query();
    if (fields.repeated.length > 0) throw invalid(400, 'A field is there more than once.');
    return withFlow(context, request, fields.get('req'), async (step) => {
      const { flow, subject } = step;
      // A value that is not this step's belongs to an earlier sign-in of the same flow, or to nobody (N95).
      if (flow.authentication === undefined || !isApprovalMac(context, flow, fields.get('hmac') ?? '')) {
        return expiredPage(context, request, 'already-used', flow.restart, subject);
      }
      if (request.method === 'GET') return question(context, request, step);
      const person = encodeSubject(flow.authentication.identity.userId, flow.connectorId);
      if (fields.get('approval') === 'approve') return approve(context, request, step, { fields, person });
      return endWithError(context, request, step, 'access_denied', 'The person did not agree.', () =>
        context.events.record('consent.denied', person, { clientId: flow.clientId, scopes: flow.scopes }),
      );
    });
  };
}

async function approve(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  { fields, person }: { readonly fields: Parameters; readonly person: string },
): Promise<HttpResponse> {
  const { flow, client, subject } = step;
  const scopes = approvedScopes(fields, consentScopes(flow.scopes, context.resourceModel));
  const sessionId = flow.authentication?.sessionId;
  const session = sessionId === undefined ? undefined : await context.sessions.findById(sessionId);
  if (sessionId !== undefined && session === undefined) {
    return expiredPage(context, request, 'expired', flow.restart, subject);
  }
  const isRemembered = fields.get('remember') === 'yes' && canRemember(context, step);
  const { claims, ...rest } = flow;
  const narrowed = narrowClaims(claims, { asked: flow.scopes, approved: scopes }, context.resourceModel);
  const agreed = { ...step, flow: { ...rest, ...(narrowed === undefined ? {} : { claims: narrowed }) } };
  return finishInSession(context, request, agreed, session, {
    scopes,
    via: session?.content.clients.get(client.id)?.via ?? 'sso',
    // Storage writes the event with what is remembered.
    whenEnded: () =>
      isRemembered
        ? rememberConsent(context, { subject: person, client, asked: flow.scopes, approved: scopes })
        : context.events.recordDurably('consent.granted', person, { clientId: flow.clientId, scopes }),
  });
}

/** For a device the person is always asked. */
function canRemember(context: EndpointContext, { flow, client }: Step): boolean {
  return flow.deviceUserCode === undefined && isRememberable(context, { ...flow, client });
}

function question(context: EndpointContext, request: HttpRequest, step: Step): HttpResponse {
  const { flow, subject, chosenLocale } = step;
  const identity = flow.authentication?.identity;
  const model = context.site.pageModel(request, subject);
  const page = context.views.approval({
    ...model,
    application: { name: '', ...model.application, redirectUri: flow.redirectUri },
    action: `${context.site.basePath}/approval?${stepQuery(flow, chosenLocale, {})}`,
    req: flow.id,
    hmac: approvalMac(context, flow),
    scopes: consentScopes(flow.scopes, context.resourceModel),
    claims: claimsBeyondScopes(flow.claims, flow.scopes, context.resourceModel),
    canRemember: canRemember(context, step),
    audienceNames: new Map(peersOfScopes(flow.scopes).map((peer) => [peer, context.clients.find(peer)?.name ?? peer])),
    person: { name: identity?.username, email: identity?.email },
  });
  return pageResponse(200, page, context.site, request);
}
