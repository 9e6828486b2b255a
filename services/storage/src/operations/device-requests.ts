import type { NewDeviceRequest, StorageShortLivedApi } from '@tessera/contracts';
import type { DeviceStore } from '../ports.ts';
import {
  assertDetails,
  assertId,
  assertPayload,
  assertTtl,
  invalidInput,
  isStorableId,
} from '../rules/accepted-input.ts';

/** Device requests (RFC 8628). */
export type DeviceRequestOperations = Pick<
  StorageShortLivedApi,
  'putDeviceRequest' | 'findDeviceRequest' | 'decideDeviceRequest' | 'pollDeviceRequest'
>;

/** Longer intervals would outlive every request. */
const MAX_INTERVAL_SECONDS = 3600;

/** Device requests on an ephemeral store, one atomic command each. */
export function createDeviceRequests(ephemeral: DeviceStore): DeviceRequestOperations {
  return {
    async putDeviceRequest(request) {
      assertDeviceRequest(request);
      return ephemeral.putDevice(request);
    },
    findDeviceRequest: async (userCode) => (isStorableId(userCode) ? ephemeral.findDevice(userCode) : undefined),
    async decideDeviceRequest(decision) {
      assertId(decision.attemptId, 'the id of an attempt');
      assertDetails(decision.authorization?.details);
      return isStorableId(decision.userCode) && ephemeral.decideDevice(decision);
    },
    async pollDeviceRequest(poll) {
      const isPossible = [poll.userCode, poll.deviceId, poll.clientId].every(isStorableId);
      return isPossible ? ephemeral.pollDevice(poll) : 'unknown';
    },
  };
}

function assertDeviceRequest(request: NewDeviceRequest): void {
  const { userCode, deviceId, clientId, payload, ttlSeconds, intervalSeconds } = request;
  assertId(userCode, 'a user code');
  assertId(deviceId, 'the id of a device');
  assertId(clientId, 'a client id');
  assertPayload(payload);
  assertTtl(ttlSeconds);
  // Both are in one place of a store that is spread, by what they have in common.
  if (!deviceId.startsWith(`${userCode}.`) || deviceId.length === userCode.length + 1) {
    throw invalidInput('storage.invalid_id', 'the id of a device is its user code, a dot and more');
  }
  if (!Number.isInteger(intervalSeconds) || intervalSeconds < 1 || intervalSeconds > MAX_INTERVAL_SECONDS) {
    throw invalidInput('storage.invalid_ttl', `an interval is 1 to ${MAX_INTERVAL_SECONDS} whole seconds`);
  }
}
