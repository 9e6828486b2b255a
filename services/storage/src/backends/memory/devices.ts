import { addSeconds } from '@tessera/clock';
import type { DevicePollRequest, DevicePollState } from '@tessera/contracts';
import type { DeviceStore } from '../../ports.ts';
import { SLOW_DOWN_SECONDS } from '../../rules/device-polling.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { MemoryCodes } from './codes.ts';
import type { MemoryPartOptions } from './flows.ts';

interface Device {
  readonly deviceId: string;
  readonly clientId: string;
  readonly payload: Uint8Array;
  readonly expiresAt: Date;
  readonly intervalSeconds: number;
  readonly polledAt?: Date;
  readonly decision?: { readonly isApproved: boolean; readonly attemptId: string };
}

/** Device requests in memory, with the removal of what expired. */
export function createMemoryDevices(
  { clock, maxEntries, onCommand }: MemoryPartOptions,
  codes: MemoryCodes,
): DeviceStore & { readonly sweep: () => void } {
  const devices = createBoundedMap<Device>({ clock, maxEntries, expiresAt: (device) => device.expiresAt });

  const notePoll = (userCode: string, device: Device): DevicePollState => {
    const now = clock.now();
    const isTooEarly = device.polledAt !== undefined && now < addSeconds(device.polledAt, device.intervalSeconds);
    const intervalSeconds = device.intervalSeconds + (isTooEarly ? SLOW_DOWN_SECONDS : 0);
    devices.set(userCode, { ...device, intervalSeconds, polledAt: now });
    return isTooEarly ? 'slow_down' : 'pending';
  };
  return {
    async putDevice({ userCode, deviceId, clientId, payload, ttlSeconds, intervalSeconds }) {
      onCommand?.('put_device');
      const known = devices.get(userCode);
      if (known !== undefined) return known.deviceId === deviceId;
      const expiresAt = addSeconds(clock.now(), ttlSeconds);
      devices.set(userCode, { deviceId, clientId, payload: payload.slice(), expiresAt, intervalSeconds });
      return true;
    },
    async findDevice(userCode) {
      onCommand?.('find_device');
      const device = devices.get(userCode);
      if (device === undefined || device.decision !== undefined) return undefined;
      const { clientId, payload, expiresAt } = device;
      return { userCode, clientId, payload, expiresAt };
    },
    async decideDevice({ userCode, authorization, attemptId }) {
      onCommand?.('decide_device');
      const device = devices.get(userCode);
      if (device === undefined) return false;
      if (device.decision !== undefined) return device.decision.attemptId === attemptId;
      // The code first: when there is no room for it, the request stays undecided.
      if (authorization !== undefined) codes.put(device.deviceId, authorization, device.expiresAt);
      devices.set(userCode, { ...device, decision: { isApproved: authorization !== undefined, attemptId } });
      return true;
    },
    async pollDevice({ userCode, deviceId, clientId }: DevicePollRequest) {
      onCommand?.('poll_device');
      const device = devices.get(userCode);
      if (device === undefined || device.deviceId !== deviceId || device.clientId !== clientId) return 'unknown';
      if (device.decision !== undefined) return device.decision.isApproved ? 'approved' : 'denied';
      return notePoll(userCode, device);
    },
    sweep: devices.sweep,
  };
}
