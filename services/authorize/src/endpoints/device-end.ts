import { randomUUID } from 'node:crypto';
import type { Authorization } from '@tessera/contracts';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { DEVICE_CODE_GRANT } from '../authorization/connectors.ts';
import { deviceHref } from '../device/device-steps.ts';
import { mayUseDevices } from '../device/open-device-request.ts';
import { type PageSubject, pageResponse } from '../site.ts';
import type { DeviceEndModel } from '../views/models.ts';
import { errorPage, expiredPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import type { Step } from './step.ts';

/** What the flow of a device is ended with. */
export type DeviceEndContext = Pick<EndpointContext, 'config' | 'flows' | 'logger' | 'site' | 'storage' | 'views'>;

/** A step of the flow of a device. */
export type DeviceStep = Step & { readonly deviceUserCode: string };

/**
 * Ends the flow of a device: tells the device what the person decided (RFC 8628 §3.5; undefined = no), and the person to go back
 * to it. `whenEnded` runs for the one that decides, before the device is told.
 *
 * The order: the flow ends first, then what belongs to the decision is put on record, then the device is told.
 * - Of two submits one ends the flow and decides; the other gets a page. Of two flows for one device the first decides.
 * - What fails after the end, or a crash there, leaves the device waiting: the person starts again from the page.
 */
export async function finishDeviceFlow(
  context: DeviceEndContext,
  request: HttpRequest,
  { flow, client, subject, deviceUserCode }: DeviceStep,
  authorization: Authorization | undefined,
  whenEnded?: () => Promise<void> | void,
): Promise<HttpResponse> {
  if (authorization !== undefined && !mayUseDevices(context, client)) {
    const detail = 'The application may not sign people in for a device.';
    return errorPage(context, request, 403, { problem: 'bad-request', detail }, subject);
  }
  const isEnded = await context.flows.complete(flow);
  if (!isEnded) return expiredPage(context, request, 'already-used', flow.restart, subject);
  await whenEnded?.();
  const isDecided = await context.storage.decideDeviceRequest({
    userCode: deviceUserCode,
    ...(authorization === undefined
      ? {}
      : { authorization: { ...authorization, details: { ...authorization.details, grantType: DEVICE_CODE_GRANT } } }),
    attemptId: randomUUID(),
  });
  const outcome = !isDecided ? 'gone' : authorization === undefined ? 'refused' : 'approved';
  const { clientId, connectorId } = flow;
  context.logger.info({ client_id: clientId, connector_id: connectorId, outcome }, 'device answered');
  return deviceEnd(context, request, outcome, subject);
}

/** The page at the end. */
export function deviceEnd(
  context: Pick<DeviceEndContext, 'site' | 'views'>,
  request: HttpRequest,
  outcome: DeviceEndModel['outcome'],
  subject: PageSubject,
): HttpResponse {
  const page = context.views.deviceEnd({
    ...context.site.pageModel(request, subject),
    outcome,
    startAgainHref: deviceHref(context),
  });
  return pageResponse(outcome === 'gone' ? 400 : 200, page, context.site, request);
}
