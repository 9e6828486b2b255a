import fc from 'fast-check';
import type {
  AdministeredKind,
  AdministeredRecords,
  Expectation,
  GrantSelector,
  RecordToPut,
} from '../storage/administration.ts';
import type { ParkedEvent, SecurityEvent, TakenEvents, WaitingEvent } from '../storage/events.ts';
import type { Connector, Consent, Credential, InitialAccessToken, Session, Versioned } from '../storage/records.ts';
import type { LogoutDelivery } from '../storage/sessions.ts';
import type {
  AttemptCount,
  AttemptToCount,
  DeviceDecision,
  DevicePollState,
  DeviceRequest,
  NewDeviceRequest,
  ValueToConsume,
} from '../storage/short-lived.ts';
import {
  authorization,
  bytes,
  client,
  count,
  identity,
  moment,
  record,
  someText,
  text,
  texts,
  user,
} from './arbitraries.ts';

/** Stored connectors. */
export const storedConnector = record<Connector, never>(
  { id: text, type: text, name: text, isEnabled: fc.boolean(), config: bytes },
  [],
);

/** Credentials. */
export const credential = record<Credential, 'lastUsedAt'>(
  {
    id: text,
    subject: text,
    type: text,
    label: text,
    payload: bytes,
    createdAt: moment,
    lastUsedAt: moment as never,
  },
  ['lastUsedAt'],
);

/** Initial access tokens. */
export const initialAccessToken = record<InitialAccessToken, 'expiresAt'>(
  { id: text, label: text, remainingUses: count, createdAt: moment, expiresAt: moment as never, policy: bytes },
  ['expiresAt'],
);

/** Records of every kind. */
export const administered: { readonly [K in AdministeredKind]: fc.Arbitrary<AdministeredRecords[K]> } = {
  client,
  connector: storedConnector,
  user,
  credential,
  initial_access_token: initialAccessToken,
};

/** What may have to stand before a write. */
const expectation: fc.Arbitrary<Expectation> = fc.oneof(fc.constantFrom('any' as const, 'absent' as const), count);

/** Records of a kind to write. */
export function recordToPut<K extends AdministeredKind>(kind: K): fc.Arbitrary<RecordToPut<K>> {
  return fc
    .tuple(administered[kind], expectation, text)
    .map(([value, expected, actor]) => ({ kind, value, expected, actor }) as RecordToPut<K>);
}

/** Values with their versions. */
export function versioned<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Versioned<T>> {
  return fc.tuple(value, count).map(([some, version]) => ({ value: some, version }));
}

/** Selectors of grants. */
export const selector = record<GrantSelector, keyof GrantSelector>(
  {
    subject: someText as never,
    clientId: someText as never,
    sessionId: someText as never,
    connectorId: someText as never,
  },
  ['subject', 'clientId', 'sessionId', 'connectorId'],
).filter((some) => Object.keys(some).length > 0);

/** Sessions. */
export const session = record<Session, never>(
  {
    id: text,
    subject: text,
    connectorId: text,
    identity,
    authTime: moment,
    createdAt: moment,
    lastSeenAt: moment,
    expiresAt: moment,
    clientIds: texts,
    payload: bytes,
  },
  [],
);

/** Clients to be told that a session ended. */
export const delivery = record<LogoutDelivery, 'subject' | 'sessionId'>(
  {
    id: text,
    clientId: text,
    subject: someText as never,
    sessionId: someText as never,
    attempts: count,
    dueAt: moment,
    expiresAt: moment,
  },
  ['subject', 'sessionId'],
);

/** Consents. */
export const consent = record<Consent, 'expiresAt'>(
  { subject: text, clientId: text, scopes: texts, grantedAt: moment, expiresAt: moment as never },
  ['expiresAt'],
);

/** Events. */
export const event = record<SecurityEvent, never>({ id: text, type: text, key: text, time: moment, data: text }, []);

/** Events on their way. */
export const waiting = record<WaitingEvent, never>({ position: text, event }, []);

/** Events kept aside. */
export const parked = record<ParkedEvent, never>({ position: text, event, parkedAt: moment, reason: text }, []);

/** What workers get. */
export const taken = record<TakenEvents, never>(
  {
    events: fc.array(waiting, { maxLength: 4 }),
    lanes: fc.array(fc.nat({ max: 15 })),
    backlog: record<TakenEvents['backlog'], 'oldestAt'>({ waiting: count, oldestAt: moment as never, parked: count }, [
      'oldestAt',
    ]),
  },
  [],
);

/** New device requests. */
export const newDevice = record<NewDeviceRequest, never>(
  { userCode: text, deviceId: text, clientId: text, payload: bytes, ttlSeconds: count, intervalSeconds: count },
  [],
);

/** Device requests. */
export const device = record<DeviceRequest, never>(
  { userCode: text, clientId: text, payload: bytes, expiresAt: moment },
  [],
);

/** What people decide about devices. */
export const decision = record<DeviceDecision, 'authorization'>(
  { userCode: text, authorization: authorization as never, attemptId: text },
  ['authorization'],
);

/** How it stands with devices. */
export const pollState: fc.Arbitrary<DevicePollState> = fc.constantFrom(
  'unknown',
  'pending',
  'slow_down',
  'denied',
  'approved',
);

/** Values that may be used once. */
export const valueToConsume = record<ValueToConsume, never>({ scope: text, value: text, ttlSeconds: count }, []);

/** Attempts. */
export const attempt = record<AttemptToCount, never>({ key: text, limit: count, windowSeconds: count }, []);

/** How many attempts there were. */
export const attemptCount = record<AttemptCount, never>(
  { count, isAllowed: fc.boolean(), retryAfterSeconds: count },
  [],
);
