import type { ConnectorDescription } from '@tessera/contracts';
import { type HttpHandler, type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { MAX_REQUEST_CHARACTERS } from '../authorization/checks/length.ts';
import { connectorsFor } from '../authorization/connectors.ts';
import { validateAuthorizationRequest } from '../authorization/pipeline.ts';
import { ClientRefusal, PageRefusal } from '../authorization/refusal.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { queryOf, requestQuery } from '../authorization/request-query.ts';
import { pageResponse, repeatableBy } from '../site.ts';
import { answerRefusals } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { signOn } from './single-sign-on.ts';
import { stayLink } from './stay-signed-in.ts';

/** In the address of a POST without a request of its own: the person would rather not sign in. */
const CANCEL = 'cancel';

/**
 * The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2.1), by GET or POST: checks the request and answers it by the
 * session of the browser; without one it lets the person choose how to sign in, or goes straight on where there is nothing to
 * choose, and nothing is stored yet.
 */
export function authorizationEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    answerRefusals(context, request, async () => {
      const isCancelled = request.method === 'POST' && request.query().has(CANCEL);
      const parameters = request.method === 'POST' && !isCancelled ? await request.form() : request.query();
      const again = isCancelled ? undefined : withoutCookies(context, request, parameters);
      if (again !== undefined) return again;
      const valid = await validateRequest(context, parameters);
      if (isCancelled) throw new ClientRefusal('access_denied', 'The person did not sign in.', valid);
      const connectors = connectorsFor(context, valid.client, valid);
      const named = namedConnector(valid, connectors);
      return (await signOn(context, request, valid)) ?? chooseOrGo(context, request, valid, connectors, named);
    });
}

/** Checks an authorization request against this issuer's clients and rules. */
export function validateRequest(context: EndpointContext, parameters: Parameters): Promise<ValidRequest> {
  return validateAuthorizationRequest(parameters, context);
}

/**
 * Browsers leave `SameSite=Lax` cookies out of a POST from another site (RFC 6265bis §5.5.7.1), so nobody would have a session.
 * The GET it is turned into brings them. Undefined when there is no need.
 */
function withoutCookies(
  { site, sessions }: EndpointContext,
  request: HttpRequest,
  parameters: Parameters,
): HttpResponse | undefined {
  if (request.method !== 'POST' || !sessions.isEnabled || sessions.hasCookie(request)) return undefined;
  // A GET cannot say that a parameter was there twice and be any better for it: the checks say so.
  if (parameters.repeated.length > 0) return undefined;
  const query = queryOf(parameters.entries);
  return query.length > MAX_REQUEST_CHARACTERS ? undefined : seeOther(`${site.basePath}/auth?${query}`);
}

function namedConnector(
  { connectorId, client }: ValidRequest,
  connectors: readonly ConnectorDescription[],
): ConnectorDescription | undefined {
  if (connectorId === undefined) return undefined;
  const named = connectors.find(({ id }) => id === connectorId);
  if (named === undefined) {
    throw new PageRefusal('bad-request', 'The connector_id is not available for this application.', client);
  }
  return named;
}

function chooseOrGo(
  context: EndpointContext,
  request: HttpRequest,
  valid: ValidRequest,
  connectors: readonly ConnectorDescription[],
  named: ConnectorDescription | undefined,
): HttpResponse {
  const hasToChoose = context.config.oauth2.alwaysShowLoginScreen || valid.prompts.includes('select_account');
  const chosen = named ?? (connectors.length === 1 && !hasToChoose ? connectors[0] : undefined);
  return chosen === undefined
    ? choice(context, request, valid, connectors)
    : seeOther(connectorHref(context, chosen.id, valid.parameters));
}

/** The ways to sign in to choose from; with none, the page says so and whom to ask. */
function choice(
  context: EndpointContext,
  request: HttpRequest,
  { parameters, client, redirectUri }: ValidRequest,
  connectors: readonly ConnectorDescription[],
): HttpResponse {
  if (connectors.length === 0) context.logger.warn({ client_id: client.id }, 'no way to sign in at this client');
  const query = requestQuery(parameters);
  // A POST cannot be repeated by a link, so its page offers the languages by the address a GET would have.
  const repeatable = repeatableBy(request, request.path, query);
  const page = context.views.connectors({
    ...context.site.pageModel(repeatable, { client, redirectUri }),
    methods: connectors.map(({ id, name, type }) => ({ id, name, type, href: connectorHref(context, id, parameters) })),
    cancelAction: `${request.path}?${query}&${CANCEL}=yes`,
    staySignedIn: stayLink(context, request, { path: request.path, queryString: query }),
  });
  return pageResponse(connectors.length === 0 ? 400 : 200, page, context.site, repeatable);
}

function connectorHref(context: EndpointContext, connectorId: string, parameters: Parameters): string {
  return `${context.site.basePath}/auth/${encodeURIComponent(connectorId)}?${requestQuery(parameters)}`;
}
