import type { DeviceRequest } from '@tessera/contracts';
import { type Client, createParameters, type DeviceRequestPayload, decodeDeviceRequest } from '@tessera/oauth';
import { judgeAccess } from '../authorization/checks/scope.ts';
import { DEVICE_CODE_GRANT } from '../authorization/connectors.ts';
import { PageRefusal, Rejection } from '../authorization/refusal.ts';
import type { ValidRequest } from '../authorization/request.ts';
import type { AuthorizePorts } from '../ports.ts';

/** What device requests are judged by. */
export type DeviceContext = Pick<AuthorizePorts, 'config' | 'storage' | 'clients' | 'resourceModel'>;

/** A device that waits for a person to decide. */
export interface OpenDeviceRequest {
  readonly userCode: string;
  readonly client: Client;
  /** When it asked, as its lifetime tells. */
  readonly begunAt: Date;
  readonly payload: DeviceRequestPayload;
}

/** A device's request as the authorization endpoint would have it. */
export type DeviceAuthorizationRequest = ValidRequest & { readonly deviceUserCode: string; readonly restart: string };

/** Whether devices may ask here at all. */
export function areDevicesServed({ config }: Pick<DeviceContext, 'config'>): boolean {
  return config.oauth2.grantTypes.includes(DEVICE_CODE_GRANT);
}

/** Whether an application may have people sign in for a device: the issuer serves the grant, and the client has it. */
export function mayUseDevices(context: Pick<DeviceContext, 'config'>, { settings }: Pick<Client, 'settings'>): boolean {
  return areDevicesServed(context) && settings.grantTypes?.includes(DEVICE_CODE_GRANT) !== false;
}

/**
 * The device that waits with a user code in its canonical spelling (RFC 8628 §3.3). Undefined: never there, expired or decided,
 * which looks the same to whoever typed it. Throws PageRefusal where its client was disabled, or lost the grant or what it asks
 * for, since it asked.
 */
export async function openDeviceRequest(
  context: DeviceContext,
  userCode: string,
): Promise<OpenDeviceRequest | undefined> {
  const device = await context.storage.findDeviceRequest(userCode);
  const payload = device === undefined ? undefined : decodeDeviceRequest(device.payload);
  if (device === undefined || payload === undefined) return undefined;
  const client = context.clients.find(device.clientId);
  if (client?.isEnabled !== true) {
    throw new PageRefusal('unknown-application', 'The client_id is not registered here.');
  }
  if (!mayUseDevices(context, client)) {
    throw new PageRefusal('bad-request', 'The application may not sign people in for a device.', client);
  }
  assertAccess(context, client, payload);
  return { userCode, client, payload, begunAt: begunAt(context, client, device) };
}

/** N68: by the rules of the authorization endpoint. */
function assertAccess(context: DeviceContext, client: Client, payload: DeviceRequestPayload): void {
  try {
    judgeAccess(payload, client, context);
  } catch (thrown) {
    throw thrown instanceof Rejection ? new PageRefusal(thrown.problem, thrown.description, client) : thrown;
  }
}

function begunAt({ config }: DeviceContext, { settings }: Client, { expiresAt }: DeviceRequest): Date {
  const ttlSeconds = settings.deviceCodeLifetimeSeconds ?? config.expiry.deviceRequestsSeconds;
  return new Date(expiresAt.getTime() - ttlSeconds * 1000);
}

/**
 * A device's request as the authorization endpoint would have it, so that what follows is the same for both (N68). Consent is
 * always asked for: nobody but the person at the screen knows whose device it is (N67).
 */
export function authorizationRequestOf(
  { userCode, client, payload }: OpenDeviceRequest,
  restart: string,
): DeviceAuthorizationRequest {
  const parameters = createParameters([]);
  const { maxAuthAgeSeconds } = client.settings;
  return {
    parameters,
    asked: parameters,
    client,
    deviceUserCode: userCode,
    restart,
    redirectUri: '',
    isRedirectUriImplied: false,
    state: undefined,
    responseMode: 'query',
    responseType: { code: true, token: false, idToken: false },
    scopes: payload.scopes,
    resources: payload.resources,
    pkce: payload.pkce,
    claims: undefined,
    nonce: undefined,
    maxAgeSeconds: maxAuthAgeSeconds,
    needsFreshSignIn: maxAuthAgeSeconds !== undefined,
    acrValues: [],
    idTokenHint: undefined,
    prompts: [],
    forcesApproval: true,
    loginHint: undefined,
    uiLocales: undefined,
    connectorId: undefined,
  };
}
