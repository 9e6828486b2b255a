import { createHash, randomUUID } from 'node:crypto';
import type {
  Connector,
  Consent,
  Credential,
  InitialAccessToken,
  LogoutDelivery,
  SecurityEvent,
  Session,
  WaitingEvent,
} from '@tessera/contracts';
import { encodeSubject } from '@tessera/oauth';
import type { NewGrant } from '../ports.ts';
import { LANES } from '../rules/lanes.ts';
import type { Bench } from './bench-api.ts';
import { AWKWARD_TEXT, freshId, sampleAuthorization } from './samples.ts';

/** Every lane of the outbox. */
export const allLanes: readonly number[] = Array.from({ length: LANES }, (_, lane) => lane);

/** Empties the outbox and says what waited in it, in order. */
export async function drain({ durable }: Bench): Promise<readonly WaitingEvent[]> {
  const drained: WaitingEvent[] = [];
  await durable.unparkEvents();
  for (;;) {
    const events = await durable.readEvents(allLanes, 200);
    if (events.length === 0) return drained;
    drained.push(...events);
    await durable.removeEvents(events.map(({ position }) => position));
  }
}

/** Empties the outbox and says what waited in it about one key: types and data. */
export async function drainKey(bench: Bench, key: string): Promise<readonly { type: string; data: unknown }[]> {
  const about = (await drain(bench)).filter(({ event }) => event.key === key);
  return about.map(({ event: { type, data } }) => ({ type, data: JSON.parse(data) as unknown }));
}

/** An event about a key. */
export function sampleEvent(key: string, overrides: Partial<SecurityEvent> = {}): SecurityEvent {
  const time = new Date('2026-01-01T00:00:00.123Z');
  return { id: randomUUID(), type: 'consent.withdrawn', key, time, data: '{"clientId":"app"}', ...overrides };
}

/** Whose grant it is, and of what. */
export interface GrantFacts {
  readonly userId: string;
  readonly connectorId?: string;
  readonly clientId?: string;
  readonly sessionId?: string;
}

/** A grant to insert, of somebody. */
export function sampleNewGrant(facts: GrantFacts, overrides: Partial<NewGrant> = {}): NewGrant {
  const { userId, connectorId = 'ldap', clientId = 'app', sessionId } = facts;
  const id = randomUUID();
  return {
    id,
    codeHash: createHash('sha256').update(id).digest(),
    subject: encodeSubject(userId, connectorId),
    authorization: sampleAuthorization({
      clientId,
      connectorId,
      identity: { ...sampleAuthorization().identity, userId },
      ...(sessionId === undefined ? {} : { sessionId }),
    }),
    createdAt: new Date('2026-01-01T00:00:00.000Z'),
    ...overrides,
  };
}

/** Inserts grants past the codes, in batches; says their ids in order. */
export async function insertGrants({ durable, clock }: Bench, grants: readonly NewGrant[]): Promise<readonly string[]> {
  for (let start = 0; start < grants.length; start += 100) {
    await durable.insertGrants(grants.slice(start, start + 100), clock.now());
  }
  return grants.map(({ id }) => id).toSorted();
}

/** Subject of a person of the connector `ldap`. */
export function subjectOf(userId: string): string {
  return encodeSubject(userId, 'ldap');
}

/** A session of somebody, an hour long. */
export function sampleSession(overrides: Partial<Session> = {}): Session {
  return {
    id: freshId(),
    subject: subjectOf('u1'),
    connectorId: 'ldap',
    identity: { ...sampleAuthorization().identity, username: AWKWARD_TEXT },
    authTime: new Date('2025-12-31T23:59:30.123Z'),
    createdAt: new Date('2026-01-01T00:00:00.000Z'),
    lastSeenAt: new Date('2026-01-01T00:00:00.456Z'),
    expiresAt: new Date('2026-01-01T01:00:00.000Z'),
    clientIds: ['app', 'other'],
    payload: Uint8Array.from([0, 1, 254, 255]),
    ...overrides,
  };
}

/** A client to be told that a session ended; due since long. */
export function sampleDelivery(overrides: Partial<LogoutDelivery> = {}): LogoutDelivery {
  return {
    id: freshId(),
    clientId: 'app',
    subject: subjectOf('u1'),
    sessionId: freshId(),
    attempts: 0,
    dueAt: new Date('2026-01-01T00:00:00.000Z'),
    expiresAt: new Date('2026-01-01T01:00:00.000Z'),
    ...overrides,
  };
}

/** A consent of somebody. */
export function sampleConsent(subject: string, overrides: Partial<Consent> = {}): Consent {
  return {
    subject,
    clientId: 'app',
    scopes: ['openid', 'profile'],
    grantedAt: new Date('2026-01-01T00:00:00.000Z'),
    ...overrides,
  };
}

/** A token that is good for three registrations. */
export function sampleInitialAccessToken(overrides: Partial<InitialAccessToken> = {}): InitialAccessToken {
  return {
    id: freshId(),
    label: AWKWARD_TEXT,
    remainingUses: 3,
    createdAt: new Date('2026-01-01T00:00:00.000Z'),
    policy: Uint8Array.of(7, 0, 255),
    ...overrides,
  };
}

/** A credential of somebody. */
export function sampleCredential(subject: string, overrides: Partial<Credential> = {}): Credential {
  return {
    id: freshId(),
    subject,
    type: 'totp',
    label: AWKWARD_TEXT,
    payload: Uint8Array.of(1, 255),
    createdAt: new Date('2026-01-01T00:00:00.000Z'),
    lastUsedAt: new Date('2026-01-01T00:00:00.789Z'),
    ...overrides,
  };
}

/** A stored connector. */
export function sampleConnector(id: string, overrides: Partial<Connector> = {}): Connector {
  return { id, type: 'ldap', name: AWKWARD_TEXT, isEnabled: true, config: Uint8Array.of(0, 200), ...overrides };
}
