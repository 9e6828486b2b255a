import type { CodeRefusal, DevicePollState } from '@tessera/contracts';
import { parseDeviceCode } from '@tessera/credentials';
import { OAuthError } from '@tessera/errors';
import type { TokenServiceOptions } from '../../ports.ts';
import { requireParameter } from '../../protocol/form.ts';
import { type GrantHandler, invalidGrant } from '../grant-handler.ts';
import { grantTypes } from '../grant-types.ts';
import { noteRefusal, type RedeemDependencies, redeem } from '../redeem.ts';

/** What the grant needs. */
export type DeviceCodeDependencies = RedeemDependencies & Pick<TokenServiceOptions, 'storage'>;

/** One text for a device code that never was, was used, or is somebody else's: whose it is is not told. */
const INVALID_CODE = 'The device code is invalid or was used before.';

const descriptions: Readonly<Record<CodeRefusal, string>> = {
  unknown: INVALID_CODE,
  other_client: INVALID_CODE,
  replayed: INVALID_CODE,
  redirect_uri: INVALID_CODE,
  pkce: 'The code verifier does not match the code challenge.',
};

/**
 * Grant `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4 and §3.5). The code tells its own end and its request,
 * so a forged and an expired one are refused without a call. It is answered once: a device that comes again ends its grant,
 * as somebody else may have the code too (RFC 6749 §4.1.2).
 */
export function createDeviceCodeGrant(dependencies: DeviceCodeDependencies): GrantHandler {
  const { codeSecrets, storage } = dependencies;
  return async ({ form, client, now }) => {
    const device = parseDeviceCode(codeSecrets.ring(), requireParameter(form, 'device_code'));
    if (device === undefined) {
      noteRefusal(dependencies, client, 'forged');
      throw invalidGrant(INVALID_CODE);
    }
    if (device.expiresAt <= now) throw expired();
    const { userCode, deviceId } = device;
    const state = await storage.pollDeviceRequest({ userCode, deviceId, clientId: client.id });
    assertApproved(state);
    const grantType = grantTypes.deviceCode;
    return redeem({ codeId: deviceId, form, client, now, grantType, descriptions }, dependencies);
  };
}

function assertApproved(state: DevicePollState): void {
  switch (state) {
    case 'approved':
      return;
    case 'pending':
      throw new OAuthError({ error: 'authorization_pending', description: 'Nobody has decided yet.' });
    case 'slow_down':
      throw new OAuthError({
        error: 'slow_down',
        description: 'The device polls too often; the interval is longer now.',
      });
    case 'denied':
      throw new OAuthError({ error: 'access_denied', description: 'The request was refused.' });
    case 'unknown':
      throw invalidGrant(INVALID_CODE);
  }
}

function expired(): OAuthError {
  return new OAuthError({ error: 'expired_token', description: 'The device code has expired.' });
}
