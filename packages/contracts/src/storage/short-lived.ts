import type { Outcome } from '@tessera/rpc';
import type { Authorization } from './records.ts';

/** A pushed authorization request (RFC 9126 §2). */
export interface PushedRequest {
  readonly id: string;
  readonly clientId: string;
  readonly payload: Uint8Array;
}

/** A device that asks to be authorized (RFC 8628 §3.1). */
export interface DeviceRequest {
  /** In its canonical spelling. */
  readonly userCode: string;
  readonly clientId: string;
  readonly payload: Uint8Array;
  readonly expiresAt: Date;
}

/** A device request to keep. */
export interface NewDeviceRequest {
  readonly userCode: string;
  /** Identifies the device's own code; becomes redeemable as a code when the person agrees. */
  readonly deviceId: string;
  readonly clientId: string;
  readonly payload: Uint8Array;
  readonly ttlSeconds: number;
  /** Least time between two polls. */
  readonly intervalSeconds: number;
}

/** What the person decided. */
export interface DeviceDecision {
  readonly userCode: string;
  /** Undefined = refused. */
  readonly authorization?: Authorization;
  /** Chosen for this attempt by the caller; the same attempt repeated succeeds again and changes nothing. */
  readonly attemptId: string;
}

/** What a device presents. */
export interface DevicePollRequest {
  readonly userCode: string;
  readonly deviceId: string;
  readonly clientId: string;
}

/**
 * How it stands with a device (RFC 8628 §3.5). `unknown`: never there, expired, or another client's. `slow_down`: sooner
 * than the interval allows, which is five seconds longer now. `approved`: `deviceId` is redeemable as a code.
 */
export type DevicePollState = 'unknown' | 'pending' | 'slow_down' | 'denied' | 'approved';

/** A value that may be used once. */
export interface ValueToConsume {
  /** Who issued the value and what for, e.g. `client_assertion:app`. */
  readonly scope: string;
  readonly value: string;
  /** How long it is remembered; at least as long as it could be presented. */
  readonly ttlSeconds: number;
}

/** An attempt to be counted. */
export interface AttemptToCount {
  /** What is counted, e.g. `login:<hash of the name>`. */
  readonly key: string;
  /** Most attempts within a window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** How many attempts there were. */
export interface AttemptCount {
  /** Attempts of this window, this one included. */
  readonly count: number;
  readonly isAllowed: boolean;
  /** Until the window ends; 0 when allowed. */
  readonly retryAfterSeconds: number;
}

/** State that leaves by its own lifetime, beside the authorization requests. */
export interface StorageShortLivedApi {
  /** Keeps a new request. Repeated with the same id it changes nothing. */
  putPushedRequest(request: PushedRequest, ttlSeconds: number): Promise<void>;
  /**
   * Gives the payload and removes it, atomically: of two callers one gets it. Undefined: unknown, expired, used before, or
   * another client's, which stays. After a crash between the two the request is lost and the client pushes again.
   */
  consumePushedRequest(id: string, clientId: string): Promise<Uint8Array | undefined>;

  /** Keeps a new request. False: the user code is taken. The same device id repeated gets true again. */
  putDeviceRequest(request: NewDeviceRequest): Promise<boolean>;
  /** Undefined: unknown, expired or decided. */
  findDeviceRequest(userCode: string): Promise<DeviceRequest | undefined>;
  /**
   * Notes what the person decided and, when they agreed, makes the device id redeemable, atomically; the lifetime stays.
   * False: unknown, expired or decided before. Of two callers one gets true; the same attempt repeated gets true again.
   */
  decideDeviceRequest(decision: DeviceDecision): Promise<boolean>;
  /** Notes the poll. Of two polls at the same moment one is too early. */
  pollDeviceRequest(poll: DevicePollRequest): Promise<DevicePollState>;

  /** Keeps what a connector remembers of a sign-in at its upstream. Repeated with the same id it changes nothing. */
  putUpstreamState(id: string, payload: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Gives it and removes it, atomically: of two callers one gets it. */
  consumeUpstreamState(id: string): Promise<Uint8Array | undefined>;

  /**
   * Uses values, each once: of any number of callers one gets true (N16). Not repeatable: after a crash between commit and
   * answer the value counts as used. Of the same value twice in one batch, the first is the one.
   */
  consumeOnce(values: readonly ValueToConsume[]): Promise<readonly Outcome<boolean>[]>;

  /**
   * Counts attempts before they are made, so that callers who race cannot pass the limit together. A window begins with
   * its first attempt and ends after its time, whatever happens within.
   */
  countAttempts(attempts: readonly AttemptToCount[]): Promise<readonly Outcome<AttemptCount>[]>;
  /** Ends windows, e.g. after a success. */
  forgetAttempts(keys: readonly string[]): Promise<void>;
}
