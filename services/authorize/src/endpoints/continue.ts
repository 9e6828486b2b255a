import { stepMac, verifyStepMac } from '@tessera/credentials';
import { type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import type { OAuthErrorCode } from '@tessera/oauth';
import type { Flow } from '../flow/flow.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import type { ClientEntry } from '../session/session-content.ts';
import { sessionState } from '../session/session-state.ts';
import { clientError, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { finishDeviceFlow } from './device-end.ts';
import { type FlowEnding, finishFlow } from './finish.ts';
import { withCookies } from './set-cookies.ts';
import { type Step, stepQuery } from './step.ts';

const APPROVAL_STEP = 'approval';

/** To the question whether the application may have what it asks for. */
export function approvalRedirect(context: EndpointContext, { flow, chosenLocale }: Step): HttpResponse {
  const query = stepQuery(flow, chosenLocale, { req: flow.id, hmac: approvalMac(context, flow) });
  return seeOther(`${context.site.basePath}/approval?${query}`);
}

/** The value that only this issuer can make for this step of this flow as it now stands (N95). */
export function approvalMac(context: EndpointContext, flow: Flow): string {
  return stepMac(context.browserSecrets.ring(), APPROVAL_STEP, flow.id, String(flow.version));
}

/** Whether a value is {@link approvalMac}'s. */
export function isApprovalMac(context: EndpointContext, flow: Flow, mac: string): boolean {
  return verifyStepMac(context.browserSecrets.ring(), mac, APPROVAL_STEP, flow.id, String(flow.version));
}

/** What a person agreed to, and how they came. */
export interface AgreedAnswer extends Omit<FlowEnding, 'sessionState'> {
  readonly via: ClientEntry;
}

/**
 * Answers the client of a flow, in a session where there is one: the session notes the client first, so that it is told of the
 * end, and one that ended meanwhile answers nobody.
 */
export async function finishInSession(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  session: BrowserSession | undefined,
  { via, ...answer }: AgreedAnswer,
): Promise<HttpResponse> {
  if (session === undefined) return finishFlow(context, request, step, answer);
  const { flow, subject } = step;
  const noted = await context.sessions.touch(session, { id: flow.clientId, via });
  if (noted === undefined) return expiredPage(context, request, 'expired', flow.restart, subject);
  const state = sessionState({ ...flow, browserState: noted.content.browserState });
  const response = await finishFlow(context, request, step, { ...answer, sessionState: state });
  // Now and then the cookie is made anew, so that it never outlives the key it was made with.
  return withCookies(response, noted.version === session.version ? [] : context.sessions.cookiesOf(noted));
}

/** Ends the flow with an error at the client. One that ended before, or changed meanwhile, is a page instead, without `whenEnded`. */
export async function endWithError(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  error: OAuthErrorCode,
  description: string,
  whenEnded?: () => void,
): Promise<HttpResponse> {
  const { flow, subject } = step;
  const { deviceUserCode } = flow;
  if (deviceUserCode !== undefined) {
    return finishDeviceFlow(context, request, { ...step, deviceUserCode }, undefined, whenEnded);
  }
  const isEnded = await context.flows.complete(flow);
  if (!isEnded) return expiredPage(context, request, 'already-used', flow.restart, subject);
  whenEnded?.();
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId, error }, 'sign-in ended');
  return clientError(context, request, flow, error, description, subject);
}
