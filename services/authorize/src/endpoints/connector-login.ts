import type { ConnectorDescription } from '@tessera/contracts';
import { type HttpHandler, type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import { findConnectorFor } from '../authorization/connectors.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { identifyBrowser } from '../flow/browser.ts';
import type { Flow } from '../flow/flow.ts';
import { restartHref } from '../flow/restart.ts';
import { answerFailures, answerRefusals } from './answers.ts';
import { validateRequest } from './authorization.ts';
import type { EndpointContext } from './context.ts';
import { methodRefusal } from './method-refusal.ts';
import { newFlow } from './new-flow.ts';
import { signOn } from './single-sign-on.ts';
import { chosenStay } from './stay-signed-in.ts';
import { loginHref } from './step.ts';

/**
 * Begins a sign-in with one connector: checks the request, keeps it, ties it to this browser, and sends the person to our
 * own form or to the upstream; unless they are signed in with it already.
 */
export function connectorLoginEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    answerRefusals(context, request, async () => {
      const valid = await validateRequest(context, request.query());
      const { client, redirectUri } = valid;
      const restart = restartHref(context.site.basePath, valid.parameters);
      const connector = findConnectorFor(context, client, request.segments['connector'], valid);
      if (connector === undefined) {
        return methodRefusal(context, request, 'not-available', restart, { client, redirectUri });
      }
      return beginSignIn(context, request, { ...valid, restart }, connector);
    });
}

/**
 * Begins a sign-in with a connector that the client may use, unless the person is signed in with it already. The request says
 * where to start again.
 */
export async function beginSignIn(
  context: EndpointContext,
  request: HttpRequest,
  valid: ValidRequest & { readonly restart: string },
  connector: ConnectorDescription,
): Promise<HttpResponse> {
  const signedOn = await signOn(context, request, { ...valid, connectorId: connector.id });
  if (signedOn !== undefined) return signedOn;
  const { client, redirectUri, restart } = valid;
  return answerFailures(context, request, { href: restart, subject: { client, redirectUri } }, async () => {
    const browser = identifyBrowser(request, context.site.cookies);
    const staysSignedIn = chosenStay(request);
    const flow = newFlow(context, valid, {
      connectorId: connector.id,
      browser: browser.hash,
      restart,
      ...(staysSignedIn === undefined ? {} : { staysSignedIn }),
    });
    const location = await (connector.kind === 'password'
      ? beginForm(context, flow)
      : beginUpstream(context, flow, valid));
    return seeOther(location, browser.setCookie === undefined ? {} : { 'set-cookie': browser.setCookie });
  });
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
