import type { HttpHandler } from '@tessera/http';
import { browserStateCookieName } from '../session/session-state.ts';
import { createCheckSessionPage } from '../views/check-session-page.ts';
import { errorPage } from './answers.ts';
import type { EndpointContext } from './context.ts';

/** The session iframe (OIDC Session Management §3.2); where no sessions are kept there is none. */
export function checkSessionEndpoint(context: EndpointContext): HttpHandler {
  if (!context.sessions.isEnabled) {
    return async (request) => errorPage(context, request, 404, { problem: 'not-found' });
  }
  const { html, headers } = createCheckSessionPage(browserStateCookieName(context.site.cookies));
  return async () => ({ status: 200, headers, body: html });
}
