import { type Authentication, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { EventData } from '@tessera/events';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { encodeSubject } from '@tessera/oauth';
import { judgeConsent } from '../consent/judge-consent.ts';
import type { FlowAuthentication } from '../flow/flow.ts';
import type { BrowserSession } from '../session/browser-session.ts';
import { isExpectedPerson } from '../session/judge-session.ts';
import { expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { approvalRedirect, endWithError, finishInSession } from './continue.ts';
import { withCookies } from './set-cookies.ts';
import type { Step } from './step.ts';

/** Code of the error of {@link assertIdentified}. Kind `permission_denied`. */
export const NO_USER_ID = 'authorize.no_user_id';

const DEFAULT_RETRY_SECONDS = 5;

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

/** How somebody proved who they are. */
export interface ProvenSignIn {
  readonly authentication: Authentication;
  /** RFC 8176. */
  readonly amr: readonly string[];
  /** Whether the browser keeps the session when it is closed. */
  readonly staysSignedIn: boolean;
}

/**
 * Notes who signed in, keeps the session of this browser, both on record before anything is answered, and goes on. Of two at the
 * same time in one flow, one does.
 */
export async function completeSignIn(
  context: EndpointContext,
  request: HttpRequest,
  step: Step,
  { authentication, amr, staysSignedIn }: ProvenSignIn,
): Promise<HttpResponse> {
  const { flow, client, subject } = step;
  const { clientId, connectorId } = flow;
  const { userId } = authentication.identity;
  const person = encodeSubject(userId, connectorId);
  // N55: before anything changes, so that the session of this browser stays as it is.
  if (!isExpectedPerson(person, { client, idTokenHint: flow.idTokenHint }, context)) {
    return endWithError(context, request, step, 'login_required', 'Somebody else signed in than was asked for.');
  }
  const present = await context.sessions.find(request);
  const sessionId = context.sessions.isEnabled ? context.sessions.idFor(person, present) : undefined;
  const proven: FlowAuthentication = {
    ...authentication,
    authTime: context.clock.now(),
    amr,
    ...(sessionId === undefined ? {} : { sessionId }),
  };
  const authenticated = await context.flows.authenticate(flow, proven);
  if (authenticated === undefined) return expiredPage(context, request, 'already-used', flow.restart, subject);
  const consent = await judgeConsent(context, { ...flow, client }, person);
  const isAnswered = consent !== 'ask';
  let session: BrowserSession | undefined;
  if (sessionId === undefined) {
    await context.events.recordDurably('sign_in.succeeded', person, { connectorId, clientId, userId });
  } else {
    const isRemembered = staysSignedIn;
    const signIn = { sessionId, clientId, connectorId, authentication: proven, isRemembered, isAnswered, present };
    session = await context.sessions.keep(signIn);
    if (session === undefined) return expiredPage(context, request, 'expired', flow.restart, subject);
  }
  context.logger.info({ client_id: clientId, connector_id: connectorId }, 'signed in');
  const next: Step = { ...step, flow: authenticated };
  const response = isAnswered
    ? await finishInSession(context, request, next, session, { scopes: flow.scopes, via: 'direct' })
    : approvalRedirect(context, next);
  return session === undefined ? response : withCookies(response, context.sessions.cookiesOf(session));
}

/** Leaves the trace of a sign-in that failed: where, and why by a stable code, but not who. */
export function noteFailure({ logger, events }: EndpointContext, { flow }: Step, error: TesseraError): void {
  const { clientId, connectorId } = flow;
  const { code, kind } = error;
  logger.info({ client_id: clientId, connector_id: connectorId, code, kind }, 'sign-in failed');
  const reason = refusalReason(code);
  if (reason !== undefined) events.record('sign_in.failed', clientId, { connectorId, clientId, reason });
  else if (kind === 'resource_exhausted') {
    const retryAfterSeconds = retrySeconds(error);
    events.record('sign_in.throttled', clientId, { connectorId, clientId, retryAfterSeconds });
  }
}

/** For errors that are about the person, or the upstream's word on them; undefined for failures of Tessera or the network. */
function refusalReason(code: string): EventData<'sign_in.failed'>['reason'] | undefined {
  switch (code) {
    case federationErrors.invalidCredentials:
      return 'invalid_credentials';
    case federationErrors.userAmbiguous:
      return 'user_ambiguous';
    case federationErrors.notInRequiredGroups:
      return 'not_in_required_groups';
    case federationErrors.upstreamRefused:
      return 'upstream_refused';
    case federationErrors.invalidCallback:
      return 'invalid_callback';
    case NO_USER_ID:
      return 'no_user_id';
    default:
      return undefined;
  }
}

/** After how many whole seconds a sign-in that was throttled can be tried again; at least one. */
export function retrySeconds(error: TesseraError): number {
  return Math.max(1, Math.ceil(error.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS));
}
