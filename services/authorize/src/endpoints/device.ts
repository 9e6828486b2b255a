import type { HttpHandler, HttpRequest, HttpResponse } from '@tessera/http';
import { parseUserCode, peersOfScopes } from '@tessera/oauth';
import { consentScopes } from '../consent/consent-scopes.ts';
import {
  deviceFormMac,
  deviceHref,
  deviceStepQuery,
  findDeviceStep,
  verificationHref,
} from '../device/device-steps.ts';
import {
  areDevicesServed,
  authorizationRequestOf,
  type OpenDeviceRequest,
  openDeviceRequest,
} from '../device/open-device-request.ts';
import { identifyBrowser } from '../flow/browser.ts';
import { pageResponse, repeatableBy } from '../site.ts';
import type { UserCodeFailure } from '../views/models.ts';
import { answerFailures, answerRefusals, errorPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { deviceSignIn } from './device-sign-in.ts';

/** Longest user code that a page repeats, in characters. */
const MAX_SHOWN_CHARACTERS = 64;

/**
 * The verification URI of devices (RFC 8628 §3.3): asks for the user code; for one that was verified in this browser asks whether
 * the person began it (N67), and for one that they confirmed lets them sign in.
 */
export function deviceEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    withDevices(context, request, async () => {
      const query = request.query();
      const typed = query.get('user_code') ?? '';
      const userCode = parseUserCode(typed);
      const step = userCode === undefined ? undefined : findDeviceStep(context, request, userCode, query.get('hmac'));
      if (userCode === undefined || step === undefined) return askForCode(context, request, { userCode: typed });
      const device = await openDeviceRequest(context, userCode);
      if (device === undefined) return unknownCode(context, request, typed);
      return step === 'verified'
        ? askToConfirm(context, request, device)
        : deviceSignIn(context, request, authorizationRequestOf(device, confirmedHref(context, request, userCode)));
    });
}

/** Runs what is about a device: nothing where the grant is not served, and failures end on a page from which to start again. */
export function withDevices(
  context: EndpointContext,
  request: HttpRequest,
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  return answerFailures(context, request, { href: deviceHref(context) }, async () =>
    areDevicesServed(context)
      ? answerRefusals(context, request, work)
      : errorPage(context, request, 404, { problem: 'not-found' }),
  );
}

/** The query by which this browser goes on with a user code that the person confirmed, as often as they like. */
function confirmedQuery(context: EndpointContext, request: HttpRequest, userCode: string): string {
  const browser = identifyBrowser(request, context.site.cookies).hash;
  return deviceStepQuery(context, { step: 'confirmed', userCode, browser });
}

function confirmedHref(context: EndpointContext, request: HttpRequest, userCode: string): string {
  return `${deviceHref(context)}?${confirmedQuery(context, request, userCode)}`;
}

/** The form with what was typed, and what is wrong with it. */
export function askForCode(
  context: EndpointContext,
  request: HttpRequest,
  shown: { readonly userCode: string; readonly status?: number; readonly failure?: UserCodeFailure },
): HttpResponse {
  const browser = identifyBrowser(request, context.site.cookies);
  // What is not ours is not repeated at length; what is, is shown as devices spell it.
  const userCode = parseUserCode(shown.userCode) ?? shown.userCode.slice(0, MAX_SHOWN_CHARACTERS);
  const [path = '', query = ''] = deviceHref(context, userCode === '' ? undefined : userCode).split('?');
  const repeatable = repeatableBy(request, path, query);
  const page = context.views.deviceCode({
    ...context.site.pageModel(request.method === 'GET' ? request : repeatable),
    action: verificationHref(context),
    hmac: deviceFormMac(context, browser.hash),
    userCode,
    failure: shown.failure,
  });
  const cookies = browser.setCookie === undefined ? [] : [browser.setCookie];
  return pageResponse(shown.status ?? 200, page, context.site, request, cookies);
}

/** One answer for a user code that never was, has expired, was decided, or is none (N62). */
export function unknownCode(context: EndpointContext, request: HttpRequest, userCode: string): HttpResponse {
  return askForCode(context, request, { userCode, status: 400, failure: { reason: 'unknown' } });
}

function askToConfirm(
  context: EndpointContext,
  request: HttpRequest,
  { userCode, client, payload, begunAt }: OpenDeviceRequest,
): HttpResponse {
  const { application, ...model } = context.site.pageModel(request, { client, redirectUri: '' });
  const page = context.views.deviceConfirm({
    ...model,
    application: { name: '', ...application },
    userCode,
    begunSecondsAgo: (context.clock.now().getTime() - begunAt.getTime()) / 1000,
    scopes: consentScopes(payload.scopes, context.resourceModel),
    audienceNames: new Map(
      peersOfScopes(payload.scopes).map((peer) => [peer, context.clients.find(peer)?.name ?? peer]),
    ),
    continueHref: confirmedHref(context, request, userCode),
    refuseAction: `${verificationHref(context)}?${confirmedQuery(context, request, userCode)}`,
  });
  return pageResponse(200, page, context.site, request);
}
