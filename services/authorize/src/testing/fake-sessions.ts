import type { Clock } from '@tessera/clock';
import type { Consent, LogoutDelivery, SecurityEvent, Session, SessionToEnd, Versioned } from '@tessera/contracts';
import type { AuthorizePorts } from '../ports.ts';

/** Sessions and consents in memory, by the rules of the contract. */
export interface FakeSessions {
  readonly port: Pick<
    AuthorizePorts['storage'],
    | 'createSession'
    | 'findSession'
    | 'updateSession'
    | 'endSession'
    | 'findConsent'
    | 'putConsent'
    | 'putLogoutDeliveries'
    | 'takeLogoutDeliveries'
    | 'settleLogoutDeliveries'
  >;
  /** By id, ended ones not. */
  readonly sessions: Map<string, Versioned<Session>>;
  /** By subject and client, with a space between. */
  readonly consents: Map<string, Consent>;
  readonly deliveries: Map<string, LogoutDelivery>;
  /** Ended sessions, with the reason. */
  readonly ended: SessionToEnd[];
  /** The same, and those that had ended before. */
  readonly asked: SessionToEnd[];
  /** Written with sessions. */
  readonly events: SecurityEvent[];
}

/** Sessions and consents that end by the given clock; `begin` runs before each call. */
export function createFakeSessions(clock: Pick<Clock, 'now'>, begin: (name: string) => Promise<void>): FakeSessions {
  const live = (id: string): Versioned<Session> | undefined => {
    const kept = fake.sessions.get(id);
    return kept !== undefined && kept.value.expiresAt > clock.now() ? kept : undefined;
  };
  const fake: FakeSessions = {
    sessions: new Map(),
    consents: new Map(),
    deliveries: new Map(),
    ended: [],
    asked: [],
    events: [],
    port: {
      async createSession(session, events = []) {
        await begin('createSession');
        if (fake.sessions.has(session.id)) return;
        fake.sessions.set(session.id, { value: session, version: 1 });
        fake.events.push(...events);
      },
      async findSession(id) {
        await begin('findSession');
        return live(id);
      },
      async updateSession(session, expectedVersion) {
        await begin('updateSession');
        if (live(session.id)?.version !== expectedVersion) return false;
        fake.sessions.set(session.id, { value: session, version: expectedVersion + 1 });
        return true;
      },
      async endSession(session) {
        await begin('endSession');
        fake.asked.push(session);
        if (!fake.sessions.delete(session.id)) return false;
        fake.ended.push(session);
        return true;
      },
      async findConsent(subject, clientId) {
        await begin('findConsent');
        const consent = fake.consents.get(`${subject} ${clientId}`);
        const hasEnded = consent?.expiresAt !== undefined && consent.expiresAt <= clock.now();
        return hasEnded ? undefined : consent;
      },
      async putConsent(consent) {
        await begin('putConsent');
        fake.consents.set(`${consent.subject} ${consent.clientId}`, consent);
      },
      ...deliveryCalls(clock, begin, () => fake.deliveries),
    },
  };
  return fake;
}

function deliveryCalls(
  clock: Pick<Clock, 'now'>,
  begin: (name: string) => Promise<void>,
  kept: () => Map<string, LogoutDelivery>,
): Pick<FakeSessions['port'], 'putLogoutDeliveries' | 'takeLogoutDeliveries' | 'settleLogoutDeliveries'> {
  return {
    async putLogoutDeliveries(deliveries) {
      await begin('putLogoutDeliveries');
      for (const delivery of deliveries) {
        if (!kept().has(delivery.id)) kept().set(delivery.id, delivery);
      }
    },
    async takeLogoutDeliveries(limit, leaseSeconds) {
      await begin('takeLogoutDeliveries');
      const now = clock.now();
      const due = [...kept().values()].filter(({ dueAt, expiresAt }) => dueAt <= now && expiresAt > now);
      return due.slice(0, limit).map((delivery) => {
        const dueAt = new Date(now.getTime() + leaseSeconds * 1000);
        const taken = { ...delivery, attempts: delivery.attempts + 1, dueAt };
        kept().set(taken.id, taken);
        return taken;
      });
    },
    async settleLogoutDeliveries(results) {
      await begin('settleLogoutDeliveries');
      for (const { id, retryAt } of results) {
        const delivery = kept().get(id);
        if (delivery === undefined) continue;
        if (retryAt === undefined) kept().delete(id);
        else kept().set(id, { ...delivery, dueAt: retryAt });
      }
    },
  };
}
