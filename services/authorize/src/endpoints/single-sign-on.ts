import type { HttpRequest, HttpResponse } from '@tessera/http';
import type { OAuthErrorCode } from '@tessera/oauth';
import { ClientRefusal } from '../authorization/refusal.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { judgeConsent } from '../consent/judge-consent.ts';
import { identifyBrowser } from '../flow/browser.ts';
import { restartHref } from '../flow/restart.ts';
import { authenticationOf, type BrowserSession } from '../session/browser-session.ts';
import { judgeSession, type SessionVerdict } from '../session/judge-session.ts';
import { findPresentPerson } from '../session/present-person.ts';
import { answerFailures } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { approvalRedirect, finishInSession } from './continue.ts';
import { newFlow } from './new-flow.ts';
import { withCookies } from './set-cookies.ts';
import { chosenStay } from './stay-signed-in.ts';

/**
 * Answers a request by the session of the browser, without a page, or with the question alone. Undefined: the person has to sign
 * in. Throws ClientRefusal where that is what `prompt=none` forbids (OIDC Core §3.1.2.6).
 */
export async function signOn(
  context: EndpointContext,
  request: HttpRequest,
  valid: ValidRequest,
): Promise<HttpResponse | undefined> {
  const { client, redirectUri } = valid;
  const href = valid.restart ?? restartHref(context.site.basePath, valid.parameters);
  const startAgain = { href, subject: { client, redirectUri } };
  try {
    return await tryToSignOn(context, request, valid, href);
  } catch (thrown) {
    if (thrown instanceof ClientRefusal) throw thrown;
    return answerFailures(context, request, startAgain, () => Promise.reject(thrown));
  }
}

async function tryToSignOn(
  context: EndpointContext,
  request: HttpRequest,
  valid: ValidRequest,
  restart: string,
): Promise<HttpResponse | undefined> {
  const { client, redirectUri, scopes } = valid;
  const isSilent = valid.prompts.includes('none');
  const found = await context.sessions.find(request);
  const verdict = found === undefined ? undefined : judgeSession(found, valid, context);
  // Only for a session that would be good enough is anybody asked about its person.
  const session = found !== undefined && verdict?.isUsable === true ? await findStanding(context, found) : undefined;
  if (session === undefined || verdict?.isUsable !== true) {
    if (isSilent) throw silentRefusal(valid, verdict);
    return undefined;
  }
  const consent = await judgeConsent(context, valid, session.subject);
  if (consent === 'ask' && isSilent) throw new ClientRefusal('consent_required', 'The person has to agree.', valid);
  const browser = identifyBrowser(request, context.site.cookies);
  const staysSignedIn = chosenStay(request);
  const begun = newFlow(context, valid, {
    connectorId: session.connectorId,
    browser: browser.hash,
    restart,
    ...(staysSignedIn === undefined ? {} : { staysSignedIn }),
  });
  const flow = { ...begun, authentication: authenticationOf(session) };
  const step = { flow, client, subject: { client, redirectUri, locale: flow.locale }, chosenLocale: undefined };
  await context.flows.put(flow);
  context.logger.info({ client_id: client.id, connector_id: flow.connectorId, via: verdict.via }, 'signed on');
  const response =
    consent === 'ask'
      ? approvalRedirect(context, step)
      : await finishInSession(context, request, step, session, { scopes, via: verdict.via });
  return withCookies(response, browser.setCookie === undefined ? [] : [browser.setCookie]);
}

/** A session with its person as they are now; one whose person may not sign in any more ends (N38). */
async function findStanding(context: EndpointContext, session: BrowserSession): Promise<BrowserSession | undefined> {
  const identity = await findPresentPerson(session, context);
  if (identity !== undefined) return { ...session, identity };
  context.logger.info({ connector_id: session.connectorId }, 'session of somebody who may not sign in any more');
  await context.sessions.end(session, { reason: 'user_gone', revokesGrants: true });
  return undefined;
}

/** OIDC Core §3.1.2.6: what is missing, where no page may be shown. */
function silentRefusal(valid: ValidRequest, verdict: SessionVerdict | undefined): ClientRefusal {
  const isScreen = verdict?.isUsable === false && verdict.refusal === 'screen-always-shown';
  const error: OAuthErrorCode = isScreen ? 'interaction_required' : 'login_required';
  return new ClientRefusal(error, isScreen ? 'The person has to choose.' : 'The person has to sign in.', valid);
}
