import { mintCode, stepMac, verifyStepMac } from '@tessera/credentials';
import { type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import { buildAuthorizationResponse, type OAuthErrorCode } from '@tessera/oauth';
import { findConnectorFor } from '../authorization/connectors.ts';
import { authorizationOf } from '../flow/code.ts';
import type { Flow } from '../flow/flow.ts';
import { clientError, errorPage, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { type Step, stepQuery } from './step.ts';

const APPROVAL_STEP = 'approval';

/** Goes on after the person signed in: to the question whether the application may, or straight back to it. */
export async function continueFlow(context: EndpointContext, request: HttpRequest, step: Step): Promise<HttpResponse> {
  const { flow, chosenLocale } = step;
  if (context.config.oauth2.skipApprovalScreen && !flow.forcesApproval) return issueCode(context, request, step);
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

/**
 * Ends the flow with a code at the client (RFC 6749 §4.1.2, RFC 9207 §2). Of two submits, one gets the code; `whenEnded` runs
 * for that one, and only if it succeeds is the code answered.
 */
export async function issueCode(
  context: EndpointContext,
  request: HttpRequest,
  { flow, client, subject }: Step,
  whenEnded?: () => Promise<void>,
): Promise<HttpResponse> {
  const connector = findConnectorFor(context, client, flow.connectorId);
  const authorization = connector === undefined ? undefined : authorizationOf(flow, connector);
  if (authorization === undefined) {
    return errorPage(context, request, 403, { problem: 'not-allowed', startAgainHref: flow.restart }, subject);
  }
  // Made before the flow ends: where that fails, the person can try once more.
  const code = mintCode(context.codeSecrets.ring(), { flowId: Buffer.from(flow.id, 'base64url') });
  const isCompleted = await context.flows.complete(flow, authorization);
  if (!isCompleted) return expiredPage(context, request, 'already-used', flow.restart, subject);
  await whenEnded?.();
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId }, 'code issued');
  return seeOther(
    buildAuthorizationResponse({
      redirectUri: flow.redirectUri,
      mode: 'query',
      parameters: { code, state: flow.state, iss: context.config.issuer },
    }),
  );
}

/** Ends the flow with an error at the client. One that ended before, or changed meanwhile, is a page instead, without `whenEnded`. */
export async function endWithError(
  context: EndpointContext,
  request: HttpRequest,
  { flow, subject }: Step,
  error: OAuthErrorCode,
  description: string,
  whenEnded?: () => void,
): Promise<HttpResponse> {
  const isEnded = await context.flows.complete(flow);
  if (!isEnded) return expiredPage(context, request, 'already-used', flow.restart, subject);
  whenEnded?.();
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId, error }, 'sign-in ended');
  return clientError(context, flow, error, description);
}
