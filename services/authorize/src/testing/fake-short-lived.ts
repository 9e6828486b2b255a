import type { Clock } from '@tessera/clock';
import type { DeviceDecision, DeviceRequest } from '@tessera/contracts';
import type { AuthorizePorts } from '../ports.ts';

/** Devices, counters and states of upstreams in memory, by the rules of the contract. */
export interface FakeShortLived {
  readonly port: Pick<
    AuthorizePorts['storage'],
    | 'findDeviceRequest'
    | 'decideDeviceRequest'
    | 'countAttempt'
    | 'forgetAttempts'
    | 'putUpstreamState'
    | 'consumeUpstreamState'
  >;
  /** Devices that wait, by user code. */
  readonly devices: Map<string, DeviceRequest>;
  readonly decisions: DeviceDecision[];
}

/** Short-lived state that ends by the given clock; `begin` runs before each call. */
export function createFakeShortLived(
  clock: Pick<Clock, 'now'>,
  begin: (name: string) => Promise<void>,
): FakeShortLived {
  const attempts = new Map<string, { count: number; readonly endsAtMs: number }>();
  const upstream = new Map<string, { readonly payload: Uint8Array; readonly endsAtMs: number }>();
  const nowMs = (): number => clock.now().getTime();
  const fake: FakeShortLived = {
    devices: new Map(),
    decisions: [],
    port: {
      async findDeviceRequest(userCode) {
        await begin('findDeviceRequest');
        const device = fake.devices.get(userCode);
        return device !== undefined && device.expiresAt > clock.now() ? device : undefined;
      },
      async decideDeviceRequest(decision) {
        await begin('decideDeviceRequest');
        if (fake.decisions.some(({ attemptId }) => attemptId === decision.attemptId)) return true;
        if (!fake.devices.delete(decision.userCode)) return false;
        fake.decisions.push(decision);
        return true;
      },
      async countAttempt({ key, limit, windowSeconds }) {
        await begin('countAttempt');
        const kept = attempts.get(key);
        const window =
          kept !== undefined && kept.endsAtMs > nowMs() ? kept : { count: 0, endsAtMs: nowMs() + windowSeconds * 1000 };
        window.count += 1;
        attempts.set(key, window);
        const isAllowed = window.count <= limit;
        const retryAfterSeconds = isAllowed ? 0 : Math.ceil((window.endsAtMs - nowMs()) / 1000);
        return { count: window.count, isAllowed, retryAfterSeconds };
      },
      async forgetAttempts(keys) {
        await begin('forgetAttempts');
        for (const key of keys) attempts.delete(key);
      },
      async putUpstreamState(id, payload, ttlSeconds) {
        await begin('putUpstreamState');
        if (!upstream.has(id)) upstream.set(id, { payload, endsAtMs: nowMs() + ttlSeconds * 1000 });
      },
      async consumeUpstreamState(id) {
        await begin('consumeUpstreamState');
        const kept = upstream.get(id);
        upstream.delete(id);
        return kept !== undefined && kept.endsAtMs > nowMs() ? kept.payload : undefined;
      },
    },
  };
  return fake;
}
