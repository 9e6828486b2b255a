import { randomUUID } from 'node:crypto';
import { type HttpHandler, type HttpRequest, type HttpResponse, invalid, seeOther } from '@tessera/http';
import { parseUserCode } from '@tessera/oauth';
import { countUserCode } from '../device/count-user-code.ts';
import { deviceHref, deviceStepQuery, findDeviceStep, isDeviceFormMac } from '../device/device-steps.ts';
import { openDeviceRequest } from '../device/open-device-request.ts';
import { identifyBrowser } from '../flow/browser.ts';
import type { EndpointContext } from './context.ts';
import { askForCode, unknownCode, withDevices } from './device.ts';
import { deviceEnd } from './device-end.ts';

/**
 * Takes the user code that a person typed (RFC 8628 §3.3): one that a device waits with leads on, every other one back to the form.
 * Where the address names a step that the person has come to, they refuse the device instead.
 */
export function deviceVerificationEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    withDevices(context, request, () =>
      request.query().has('hmac') ? refuse(context, request) : verify(context, request),
    );
}

async function verify(context: EndpointContext, request: HttpRequest): Promise<HttpResponse> {
  const fields = await request.form();
  if (fields.repeated.length > 0) throw invalid(400, 'A field is there more than once.');
  const typed = fields.get('user_code') ?? '';
  if (!isDeviceFormMac(context, request, fields.get('hmac'))) {
    return askForCode(context, request, { userCode: typed, status: 403, failure: { reason: 'stale' } });
  }
  const retryAfterSeconds = await countUserCode(context.storage, request.remoteAddress);
  if (retryAfterSeconds !== undefined) {
    context.logger.warn({ retry_after_seconds: retryAfterSeconds }, 'too many user codes were tried');
    const failure = { reason: 'throttled', retryAfterSeconds } as const;
    const response = askForCode(context, request, { userCode: typed, status: 429, failure });
    return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfterSeconds) } };
  }
  const userCode = parseUserCode(typed);
  const device = userCode === undefined ? undefined : await openDeviceRequest(context, userCode);
  if (userCode === undefined || device === undefined) {
    context.logger.info({ is_well_formed: userCode !== undefined }, 'user code is not known');
    return unknownCode(context, request, typed);
  }
  context.logger.info({ client_id: device.client.id }, 'user code verified');
  const { hash: browser } = identifyBrowser(request, context.site.cookies);
  const query = deviceStepQuery(context, { step: 'verified', userCode, browser });
  return seeOther(`${deviceHref(context)}?${query}`);
}

/** Before anybody signed in: who knows the code may refuse it, and nobody else learns that there is one. */
async function refuse(context: EndpointContext, request: HttpRequest): Promise<HttpResponse> {
  const query = request.query();
  const typed = query.get('user_code') ?? '';
  const userCode = parseUserCode(typed);
  if (userCode === undefined || findDeviceStep(context, request, userCode, query.get('hmac')) !== 'confirmed') {
    return askForCode(context, request, { userCode: typed, status: 403, failure: { reason: 'stale' } });
  }
  const device = await context.storage.findDeviceRequest(userCode);
  const client = device === undefined ? undefined : context.clients.find(device.clientId);
  const isDecided = await context.storage.decideDeviceRequest({ userCode, attemptId: randomUUID() });
  context.logger.info({ client_id: client?.id, is_decided: isDecided }, 'device refused');
  return deviceEnd(context, request, isDecided ? 'refused' : 'gone', { client, redirectUri: '' });
}
