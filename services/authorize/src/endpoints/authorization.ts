import type { ConnectorDescription } from '@tessera/contracts';
import { type HttpHandler, type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { connectorsFor } from '../authorization/connectors.ts';
import { validateAuthorizationRequest } from '../authorization/pipeline.ts';
import { PageRefusal } from '../authorization/refusal.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { requestQuery } from '../authorization/request-query.ts';
import { pageResponse, repeatableBy } from '../site.ts';
import { answerRefusals } from './answers.ts';
import type { EndpointContext } from './context.ts';

/**
 * The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2.1), by GET or POST: checks the request and lets the person
 * choose how to sign in, or goes straight on where there is nothing to choose. Nothing is stored yet.
 */
export function authorizationEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    answerRefusals(context, request, async () => {
      const valid = validateRequest(context, request.method === 'POST' ? await request.form() : request.query());
      const connectors = connectorsFor(context, valid.client);
      const chosen = chooseConnector(context, valid, connectors);
      return chosen === undefined
        ? choice(context, request, valid, connectors)
        : seeOther(connectorHref(context, chosen.id, valid.parameters));
    });
}

/** Checks an authorization request against this issuer's clients and rules. */
export function validateRequest(context: EndpointContext, parameters: Parameters): ValidRequest {
  return validateAuthorizationRequest(parameters, { clients: context.clients, pkce: context.config.oauth2.pkce });
}

function chooseConnector(
  context: EndpointContext,
  { connectorId, prompts, client }: ValidRequest,
  connectors: readonly ConnectorDescription[],
): ConnectorDescription | undefined {
  if (connectorId !== undefined) {
    const named = connectors.find(({ id }) => id === connectorId);
    if (named === undefined) {
      throw new PageRefusal('bad-request', 'The connector_id is not available for this application.', client);
    }
    return named;
  }
  const hasToChoose = context.config.oauth2.alwaysShowLoginScreen || prompts.includes('select_account');
  return connectors.length === 1 && !hasToChoose ? connectors[0] : undefined;
}

/** The ways to sign in to choose from; with none, the page says so and whom to ask. */
function choice(
  context: EndpointContext,
  request: HttpRequest,
  { parameters, client, redirectUri }: ValidRequest,
  connectors: readonly ConnectorDescription[],
): HttpResponse {
  if (connectors.length === 0) context.logger.warn({ client_id: client.id }, 'no way to sign in at this client');
  // A POST cannot be repeated by a link, so its page offers the languages by the address a GET would have.
  const repeatable = repeatableBy(request, request.path, requestQuery(parameters));
  const page = context.views.connectors({
    ...context.site.pageModel(repeatable, { client, redirectUri }),
    methods: connectors.map(({ id, name, type }) => ({ id, name, type, href: connectorHref(context, id, parameters) })),
  });
  return pageResponse(connectors.length === 0 ? 400 : 200, page, context.site, repeatable);
}

function connectorHref(context: EndpointContext, connectorId: string, parameters: Parameters): string {
  return `${context.site.basePath}/auth/${encodeURIComponent(connectorId)}?${requestQuery(parameters)}`;
}
