import type { Authentication } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { continueFlow } from './continue.ts';
import type { Step } from './step.ts';

/** Code of the error of {@link assertIdentified}. Kind `permission_denied`. */
export const NO_USER_ID = 'authorize.no_user_id';

/**
 * Passes on who signed in. An identity without a user id would make everyone like it one subject, so it is nobody: throws
 * TesseraError `authorize.no_user_id`.
 */
export function assertIdentified(authentication: Authentication): Authentication {
  if (authentication.identity.userId !== '') return authentication;
  throw new TesseraError({
    kind: 'permission_denied',
    code: NO_USER_ID,
    message: 'the connector told no user id',
  });
}

/** Notes who signed in, and goes on. Of two sign-ins at the same time in one flow, one goes on. */
export async function completeSignIn(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  authentication: Authentication,
): Promise<HttpResponse> {
  const { flow, subject } = step;
  const authenticated = await context.flows.authenticate(flow, authentication);
  if (authenticated === undefined) return expiredPage(context, request, 'already-used', flow.restart, subject);
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId }, 'signed in');
  return continueFlow(context, request, { ...step, flow: authenticated });
}

/** Leaves the trace of a sign-in that failed: where, and why by a stable code, but not who. */
export function logFailure(context: EndpointContext, { flow }: Step, error: TesseraError): void {
  const { code, kind } = error;
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId, code, kind }, 'sign-in failed');
}
