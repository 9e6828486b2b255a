import { type HttpHandler, type HttpRequest, type HttpResponse, invalid } from '@tessera/http';
import { encodeSubject, peersOfScopes } from '@tessera/oauth';
import { pageResponse } from '../site.ts';
import { expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { approvalMac, endWithError, isApprovalMac, issueCode } from './continue.ts';
import { type Step, stepQuery, withFlow } from './step.ts';

/**
 * The question whether the application may have what it asks for: shows it (GET), and takes the answer (POST `approval`:
 * `approve` gives the code, anything else is `access_denied` at the client, RFC 6749 §4.1.2.1).
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
      const data = { clientId: flow.clientId, scopes: flow.scopes };
      return fields.get('approval') === 'approve'
        ? issueCode(context, request, step, () => context.events.recordDurably('consent.granted', person, data))
        : endWithError(context, request, step, 'access_denied', 'The person did not agree.', () =>
            context.events.record('consent.denied', person, data),
          );
    });
  };
}

function question(context: EndpointContext, request: HttpRequest, step: Step): HttpResponse {
  const { flow, client, subject, chosenLocale } = step;
  const identity = flow.authentication?.identity;
  const page = context.views.approval({
    ...context.site.pageModel(request, subject),
    application: { name: client.name, logoUrl: client.logoUrl, redirectUri: flow.redirectUri },
    action: `${context.site.basePath}/approval?${stepQuery(flow, chosenLocale, {})}`,
    req: flow.id,
    hmac: approvalMac(context, flow),
    scopes: flow.scopes,
    audienceNames: new Map(peersOfScopes(flow.scopes).map((peer) => [peer, context.clients.find(peer)?.name ?? peer])),
    person: { name: identity?.username, email: identity?.email },
  });
  return pageResponse(200, page, context.site, request);
}
