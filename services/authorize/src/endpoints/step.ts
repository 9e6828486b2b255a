import type { HttpRequest, HttpResponse } from '@tessera/http';
import { type Client, matchRedirectUri } from '@tessera/oauth';
import { isSameBrowser } from '../flow/browser.ts';
import type { Flow } from '../flow/flow.ts';
import { backParameter, parseBack } from '../flow/restart.ts';
import type { Locale } from '../locales/catalogue.ts';
import { localeOf, type PageSubject } from '../site.ts';
import { answerFailures, errorPage, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';

/** A flow that may go on, in the browser that began it, at a client that may still be answered. */
export interface Step {
  readonly flow: Flow;
  readonly client: Client;
  /** For the pages of this step. */
  readonly subject: PageSubject;
  /** The language the person chose on a page of this flow; it is handed on from page to page. */
  readonly chosenLocale: Locale | undefined;
}

/** Finds the flow a step belongs to and runs the step; a step of no flow, an ended one, or another browser's ends here. */
export async function withFlow(
  context: EndpointContext,
  request: HttpRequest,
  flowId: string | undefined,
  work: (step: Step) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const back = parseBack(context.site.basePath, request.query().get('back'));
  if (flowId === undefined) {
    const detail = 'The address does not say which sign-in it belongs to.';
    return errorPage(context, request, 400, { problem: 'bad-request', detail, startAgainHref: back });
  }
  return answerFailures(context, request, { href: back }, async () => {
    const state = await context.flows.find(flowId);
    if (state.type !== 'pending') {
      return expiredPage(context, request, state.type === 'completed' ? 'already-used' : 'expired', back);
    }
    const { flow } = state;
    if (!isSameBrowser(request, context.site.cookies, flow)) {
      context.logger.warn({ client_id: flow.clientId }, 'sign-in continued in another browser');
      // What the flow knows (the client's state, for one) is not for another browser, not even to start again.
      return errorPage(context, request, 403, { problem: 'wrong-browser', startAgainHref: back });
    }
    return checkedStep(context, request, flow, work);
  });
}

/** N14, N38: a client that was disabled, or lost its redirect URI, meanwhile is not answered any more, errors included. */
async function checkedStep(
  context: EndpointContext,
  request: HttpRequest,
  flow: Flow,
  work: (step: Step) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const client = context.clients.find(flow.clientId);
  const isForDevice = flow.deviceUserCode !== undefined;
  if (client?.isEnabled !== true || (!isForDevice && !matchRedirectUri(flow.redirectUri, client).ok)) {
    context.logger.info({ client_id: flow.clientId }, 'client changed during a sign-in');
    return errorPage(context, request, 403, { problem: 'unknown-application' }, { locale: flow.locale });
  }
  const subject = { client, redirectUri: flow.redirectUri, locale: flow.locale };
  return answerFailures(context, request, { href: flow.restart, subject }, () =>
    work({ flow, client, subject, chosenLocale: localeOf(request.queryString) }),
  );
}

/** The address of the form of a flow's connector. */
export function loginHref(context: EndpointContext, flow: Flow, chosenLocale?: Locale): string {
  const path = `${context.site.basePath}/auth/${encodeURIComponent(flow.connectorId)}/login`;
  return `${path}?${stepQuery(flow, chosenLocale, { state: flow.id })}`;
}

/**
 * The query of a flow's page: its own parameters, where to start again once the flow is gone, and the language the person
 * chose.
 */
export function stepQuery(
  flow: Flow,
  chosenLocale: Locale | undefined,
  parameters: Readonly<Record<string, string>>,
): string {
  const back = backParameter(flow.restart);
  return new URLSearchParams({
    ...parameters,
    ...(back === undefined ? {} : { back }),
    ...(chosenLocale === undefined ? {} : { ui_locales: chosenLocale }),
  }).toString();
}
