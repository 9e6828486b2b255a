import { createHash } from 'node:crypto';
import type { Authorization, FrontChannelTokens } from '@tessera/contracts';
import { mintCode } from '@tessera/credentials';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { formatScope } from '@tessera/oauth';
import { findConnectorFor } from '../authorization/connectors.ts';
import { authorizationOf, frontChannelAuthorization } from '../flow/code.ts';
import { missesEssentialAcr } from '../flow/demands.ts';
import type { Flow } from '../flow/flow.ts';
import { type AnswerContext, authorizationResponse, clientError, errorPage, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { type DeviceEndContext, finishDeviceFlow } from './device-end.ts';
import type { Step } from './step.ts';

/** What flows are ended with. */
export type FinishContext = AnswerContext &
  DeviceEndContext &
  Pick<EndpointContext, 'connectors' | 'codeSecrets' | 'tokens'>;

/** What a person agreed to, and what goes with it. */
export interface FlowEnding {
  /** Of those that were asked for. */
  readonly scopes: readonly string[];
  /** Of the session in which the client is answered (OIDC Session Management §3.2); undefined = the answer has none. */
  readonly sessionState?: string | undefined;
  /** Runs for the one that ends the flow, and only if it succeeds is anything answered. */
  readonly whenEnded?: () => Promise<void> | void;
}

/**
 * Ends the flow of a person who signed in and agreed, with what the response type asks for: a code, tokens, or both
 * (RFC 6749 §4.1.2 and §4.2.2, OIDC Core §3.2.2.5 and §3.3.2.5, RFC 9207 §2). The flow of a device ends at the device instead
 * (RFC 8628 §3.3).
 *
 * The order: the code is minted and the tokens are issued first, then the flow ends, then they are answered.
 * - What fails before the end, or a crash there, leaves the flow as it was: the person submits again. The tokens made before
 *   were given to nobody, and their grant is the one of the second try as well, as its id follows from what was agreed to.
 * - Of two submits one ends the flow and is answered; the other gets a page, and its tokens are given to nobody. So nothing is
 *   given twice for one consent.
 * - After the end the same attempt is not repeated: a crash there costs the answer, and the person starts again from the page.
 */
export async function finishFlow(
  context: FinishContext,
  request: HttpRequest,
  step: Step,
  { scopes, sessionState, whenEnded }: FlowEnding,
): Promise<HttpResponse> {
  const { flow, client, subject } = step;
  const { deviceUserCode } = flow;
  const connector = findConnectorFor(context, client, flow.connectorId, flow);
  const authorization = connector === undefined ? undefined : authorizationOf(flow, connector, scopes);
  if (authorization === undefined) {
    return errorPage(context, request, 403, { problem: 'not-allowed', startAgainHref: flow.restart }, subject);
  }
  if (deviceUserCode !== undefined) {
    return finishDeviceFlow(context, request, { ...step, deviceUserCode }, authorization, whenEnded);
  }
  if (missesEssentialAcr(flow)) return refuseAcr(context, request, step, sessionState);
  const { code: hasCode } = flow.responseType;
  const code = hasCode
    ? mintCode(context.codeSecrets.ring(), { flowId: Buffer.from(flow.id, 'base64url') })
    : undefined;
  const tokens = await issueTokens(context, flow, authorization, code);
  const isEnded = await context.flows.complete(
    flow,
    hasCode ? authorization : undefined,
    client.settings.authorizationCodeLifetimeSeconds,
  );
  if (!isEnded) return expiredPage(context, request, 'already-used', flow.restart, subject);
  await whenEnded?.();
  const issued = { code: hasCode, token: tokens?.accessToken !== undefined, id_token: tokens?.idToken !== undefined };
  context.logger.info({ client_id: flow.clientId, connector_id: flow.connectorId, issued }, 'authorization answered');
  return authorizationResponse(
    context,
    request,
    flow,
    { ...tokenParameters(tokens), code, session_state: sessionState },
    subject,
  );
}

async function issueTokens(
  context: FinishContext,
  flow: Flow,
  authorization: Authorization,
  code: string | undefined,
): Promise<FrontChannelTokens | undefined> {
  const { token, idToken } = flow.responseType;
  if (!token && !idToken) return undefined;
  const frontChannel = frontChannelAuthorization(authorization);
  return context.tokens.issueFrontChannelTokens({
    authorization: frontChannel,
    hasAccessToken: token,
    hasIdToken: idToken,
    ...(code === undefined ? {} : { code }),
    ...(flow.state === undefined ? {} : { state: flow.state }),
    grantId: frontChannelGrantId(flow, frontChannel),
  });
}

function tokenParameters(tokens: FrontChannelTokens | undefined) {
  const { accessToken, idToken } = tokens ?? {};
  return {
    id_token: idToken,
    ...(accessToken === undefined
      ? {}
      : {
          access_token: accessToken,
          token_type: 'Bearer',
          expires_in: tokens?.expiresInSeconds,
          scope: formatScope(tokens?.scopes ?? []),
        }),
  };
}

/** A UUID (RFC 9562 §5.8): the same for each try to end this flow as it stands with the same answer, and for nothing else. */
function frontChannelGrantId({ id, version }: Flow, authorization: Authorization): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['front-channel grant', id, version, authorization]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** OIDC Core §5.5.1.1: the sign-in counts as failed. */
async function refuseAcr(
  context: FinishContext,
  request: HttpRequest,
  { flow, subject }: Step,
  sessionState: string | undefined,
): Promise<HttpResponse> {
  const isEnded = await context.flows.complete(flow);
  if (!isEnded) return expiredPage(context, request, 'already-used', flow.restart, subject);
  return clientError(
    context,
    request,
    { ...flow, sessionState },
    'access_denied',
    'The sign-in is not of the class that is required.',
    subject,
  );
}
