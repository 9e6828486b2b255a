import type { Service } from '@tessera/contracts';
import type { ErrorPage, HttpHandler, RouteNameOf } from '@tessera/http';
import { type Client, decodeSubject, subjectFor } from '@tessera/oauth';
import { approvalEndpoint } from './endpoints/approval.ts';
import { authorizationEndpoint } from './endpoints/authorization.ts';
import { callbackEndpoint } from './endpoints/callback.ts';
import { checkSessionEndpoint } from './endpoints/check-session.ts';
import { connectorLoginEndpoint } from './endpoints/connector-login.ts';
import type { EndpointContext } from './endpoints/context.ts';
import { deviceEndpoint } from './endpoints/device.ts';
import { deviceVerificationEndpoint } from './endpoints/device-verification.ts';
import { logoutEndpoint } from './endpoints/logout.ts';
import { logoutCallbackEndpoint } from './endpoints/logout-callback.ts';
import { passwordLoginEndpoint } from './endpoints/password-login.ts';
import { assetEndpoint, homeEndpoint, robotsEndpoint } from './endpoints/plain.ts';
import { createFlows } from './flow/flows.ts';
import { createLogoutDeliverer, type LogoutDeliverer } from './logout/deliver-logout-tokens.ts';
import type { AuthorizePorts } from './ports.ts';
import { createBrowserSessions } from './session/browser-sessions.ts';
import { createSite, pageResponse } from './site.ts';
import { createViews, type Views } from './views/create-views.ts';
import type { Problem } from './views/models.ts';

/** The authorize service, and the page that tells people of errors below their routes. */
export interface AuthorizeService extends Service {
  readonly errorPage: ErrorPage;
}

/** The service that talks to the browser. Throws when the pages' own files cannot be read. */
export async function createAuthorizeService(ports: AuthorizePorts): Promise<AuthorizeService> {
  const views = createViews({ frontend: ports.config.frontend, issuerUrl: ports.config.issuer });
  for (const problem of views.problems) ports.logger.warn({ problem }, 'part of the theme is not used');
  const deliverer = ports.config.sessions.enabled ? createLogoutDeliverer(ports) : undefined;
  const context = createContext(ports, views, deliverer);
  const handlers: Readonly<Partial<Record<RouteNameOf<'authorize'>, HttpHandler>>> = {
    home: homeEndpoint(context),
    authorization: authorizationEndpoint(context),
    connectorLogin: connectorLoginEndpoint(context),
    passwordLogin: passwordLoginEndpoint(context),
    callback: callbackEndpoint(context),
    connectorCallback: callbackEndpoint(context),
    approval: approvalEndpoint(context),
    device: deviceEndpoint(context),
    deviceVerification: deviceVerificationEndpoint(context),
    logout: logoutEndpoint(context),
    logoutCallback: logoutCallbackEndpoint(context),
    checkSession: checkSessionEndpoint(context),
    asset: assetEndpoint(context),
    robots: robotsEndpoint,
  };
  return {
    name: 'authorize',
    handlers,
    bindings: [],
    errorPage: createErrorPage(context),
    async ready() {
      const { clients, connectors, codeSecrets, browserSecrets } = ports;
      await Promise.all([clients.ready(), connectors.ready(), codeSecrets.ready(), browserSecrets.ready()]);
    },
    async close() {
      await deliverer?.close();
    },
  };
}

function createContext(ports: AuthorizePorts, views: Views, deliverer: LogoutDeliverer | undefined): EndpointContext {
  const site = createSite(ports);
  const subjectAt = (client: Client, subject: string): string => {
    const parts = decodeSubject(subject);
    if (parts === undefined) throw new RangeError('a subject that is not of this issuer');
    return subjectFor(client, parts, ports.config.oauth2.pairwiseSecret);
  };
  const sessions = createBrowserSessions({
    ...ports,
    cookies: site.cookies,
    subjectAt,
    onLogoutDeliveries: deliverer === undefined ? undefined : () => deliverer.wake(),
  });
  return { ...ports, views, site, flows: createFlows(ports), sessions, subjectAt };
}

function createErrorPage(context: EndpointContext): ErrorPage {
  return (error, request) => {
    const problem: Problem = error.status === 503 ? 'unavailable' : error.status >= 500 ? 'internal' : 'bad-request';
    const detail = error.status >= 500 ? undefined : error.description;
    const model = { ...context.site.pageModel(request), problem, detail, reference: request.requestId };
    return pageResponse(error.status, context.views.error(model), context.site, request);
  };
}
