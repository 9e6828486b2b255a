import {
  type AttemptOutcome,
  type AttemptToCount as AttemptToCountMessage,
  type ConsumeOutcome,
  type ConsumePushedRequestResponse,
  type ConsumeUpstreamStateResponse,
  type DecideDeviceRequestRequest,
  DevicePoll,
  type DeviceRequest as DeviceRequestMessage,
  type PutDeviceRequestRequest,
  type ValueToConsume as ValueToConsumeMessage,
} from '@tessera/proto/tessera/storage/v1/short_lived';
import { type Outcome, succeeded } from '@tessera/rpc';
import { type EnumTable, enumFromWire } from '../enum-wire.ts';
import {
  errorCase,
  failedFromWire,
  flagFromWire,
  flagToWire,
  missingOutcome,
  optional,
  required,
  wholeSeconds,
} from '../outcome-wire.ts';
import { authorizationFromWire, authorizationToWire } from './records-wire.ts';
import type {
  AttemptCount,
  AttemptToCount,
  DeviceDecision,
  DevicePollState,
  DeviceRequest,
  NewDeviceRequest,
  ValueToConsume,
} from './short-lived.ts';

/** A payload that was taken, or was not there, as a message. */
export function takenPayloadToWire(
  payload: Uint8Array | undefined,
): ConsumePushedRequestResponse & ConsumeUpstreamStateResponse {
  return { isFound: payload !== undefined, payload: Buffer.from(payload ?? []) };
}

/** The payload that was taken; undefined = it was not there. */
export function takenPayloadFromWire(
  message: ConsumePushedRequestResponse | ConsumeUpstreamStateResponse,
): Uint8Array | undefined {
  return message.isFound ? message.payload : undefined;
}

/** A new device request as a message. */
export function newDeviceToWire(request: NewDeviceRequest): PutDeviceRequestRequest {
  return {
    ...request,
    payload: Buffer.from(request.payload),
    ttlSeconds: wholeSeconds(request.ttlSeconds),
    intervalSeconds: wholeSeconds(request.intervalSeconds),
  };
}

/** A device request as a message. */
export function deviceToWire(request: DeviceRequest): DeviceRequestMessage {
  return { ...request, payload: Buffer.from(request.payload) };
}

/** The device request of a message. */
export function deviceFromWire(message: DeviceRequestMessage): DeviceRequest {
  return { ...message, expiresAt: required(message.expiresAt, 'expires_at') };
}

/** A decision as a message. */
export function decisionToWire({ userCode, authorization, attemptId }: DeviceDecision): DecideDeviceRequestRequest {
  const message = authorization === undefined ? undefined : authorizationToWire(authorization);
  return { userCode, authorization: message, attemptId };
}

/** The decision of a message. */
export function decisionFromWire({ userCode, authorization, attemptId }: DecideDeviceRequestRequest): DeviceDecision {
  const parsed = authorization === undefined ? undefined : authorizationFromWire(authorization);
  return { userCode, ...optional('authorization', parsed), attemptId };
}

const pollStates: EnumTable<DevicePollState, DevicePoll> = {
  unknown: DevicePoll.UNKNOWN,
  pending: DevicePoll.PENDING,
  slow_down: DevicePoll.SLOW_DOWN,
  denied: DevicePoll.DENIED,
  approved: DevicePoll.APPROVED,
};

/** How it stands with a device, as an enumerator. */
export function pollStateToWire(state: DevicePollState): DevicePoll {
  return pollStates[state];
}

/** How it stands with a device. A state that only a newer peer knows is `unknown`, as if the request were not there. */
export function pollStateFromWire(state: DevicePoll): DevicePollState {
  return enumFromWire(pollStates, state) ?? 'unknown';
}

/** A value to consume as a message. */
export function valueToWire(value: ValueToConsume): ValueToConsumeMessage {
  return { ...value, ttlSeconds: wholeSeconds(value.ttlSeconds) };
}

/** Whether a value was the first, as a message. */
export function consumedToWire(outcome: Outcome<boolean>): ConsumeOutcome {
  return { outcome: flagToWire('isFirst', outcome) };
}

/** Whether a value was the first. */
export function consumedFromWire({ outcome }: ConsumeOutcome): Outcome<boolean> {
  return flagFromWire(outcome);
}

/** An attempt to count as a message. */
export function attemptToWire(attempt: AttemptToCount): AttemptToCountMessage {
  return { ...attempt, windowSeconds: wholeSeconds(attempt.windowSeconds) };
}

/** How many attempts there were, as a message. */
export function countedToWire(outcome: Outcome<AttemptCount>): AttemptOutcome {
  if (!outcome.ok) return { outcome: errorCase(outcome.error) };
  const retryAfterSeconds = wholeSeconds(outcome.value.retryAfterSeconds);
  return { outcome: { $case: 'counted', value: { ...outcome.value, retryAfterSeconds } } };
}

/** How many attempts there were. */
export function countedFromWire({ outcome }: AttemptOutcome): Outcome<AttemptCount> {
  switch (outcome?.$case) {
    case 'counted':
      return succeeded(outcome.value);
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}
