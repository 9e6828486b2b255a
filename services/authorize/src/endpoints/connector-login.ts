import { type HttpHandler, seeOther } from '@tessera/http';
import { findConnectorFor } from '../authorization/connectors.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { identifyBrowser } from '../flow/browser.ts';
import type { Flow } from '../flow/flow.ts';
import { restartHref } from '../flow/restart.ts';
import { findLocale } from '../locales/choose-locale.ts';
import { answerFailures, answerRefusals, errorPage } from './answers.ts';
import { validateRequest } from './authorization.ts';
import type { EndpointContext } from './context.ts';
import { loginHref } from './step.ts';

/**
 * Begins a sign-in with one connector: checks the request, keeps it, ties it to this browser, and sends the person to our
 * own form or to the upstream.
 */
export function connectorLoginEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    answerRefusals(context, request, async () => {
      const valid = validateRequest(context, request.query());
      const { client, redirectUri } = valid;
      const restart = restartHref(context.site.basePath, valid.parameters);
      const connector = findConnectorFor(context, client, request.segments['connector']);
      if (connector === undefined) {
        return errorPage(
          context,
          request,
          403,
          {
            problem: 'bad-request',
            turn: 'try-again',
            detail: 'This way to sign in is not available for this application.',
            startAgainHref: restart,
          },
          { client, redirectUri },
        );
      }
      const startAgain = { href: restart, subject: { client, redirectUri } };
      return answerFailures(context, request, startAgain, async () => {
        const browser = identifyBrowser(request, context.site.cookies);
        const flow = newFlow(context, valid, { connectorId: connector.id, browser: browser.hash, restart });
        const location = await (connector.kind === 'password'
          ? beginForm(context, flow)
          : beginUpstream(context, flow, valid));
        return seeOther(location, browser.setCookie === undefined ? {} : { 'set-cookie': browser.setCookie });
      });
    });
}

function newFlow(
  context: EndpointContext,
  valid: ValidRequest,
  begun: Pick<Flow, 'connectorId' | 'browser' | 'restart'>,
): Flow {
  const locale = findLocale(valid.uiLocales);
  return {
    ...begun,
    id: context.flows.createId(),
    version: 1,
    clientId: valid.client.id,
    redirectUri: valid.redirectUri,
    ...(valid.state === undefined ? {} : { state: valid.state }),
    ...(valid.nonce === undefined ? {} : { nonce: valid.nonce }),
    scopes: valid.scopes,
    ...(valid.pkce === undefined ? {} : { pkce: valid.pkce }),
    forcesApproval: valid.forcesApproval,
    ...(valid.loginHint === undefined ? {} : { loginHint: valid.loginHint }),
    ...(locale === undefined ? {} : { locale }),
    connectorData: new Uint8Array(),
  };
}

async function beginForm(context: EndpointContext, flow: Flow): Promise<string> {
  await context.flows.put(flow);
  return loginHref(context, flow);
}

/** The upstream is asked first: a flow that cannot begin there need not be kept. */
async function beginUpstream(
  context: EndpointContext,
  flow: Flow,
  { needsFreshSignIn }: ValidRequest,
): Promise<string> {
  const { redirectUrl, connectorData } = await context.federation.beginCallback({
    connectorId: flow.connectorId,
    state: flow.id,
    scopes: flow.scopes,
    ...(needsFreshSignIn ? { needsFreshSignIn } : {}),
    ...(flow.loginHint === undefined ? {} : { loginHint: flow.loginHint }),
  });
  await context.flows.put({ ...flow, connectorData });
  return redirectUrl;
}
