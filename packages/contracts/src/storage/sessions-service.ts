import { StorageSessionsServiceService } from '@tessera/proto/tessera/storage/v1/sessions';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { optional, optionalText, required, wholeSeconds } from '../outcome-wire.ts';
import { eventFromWire, eventToWire } from './events-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';
import { filterToWire, pageFromWire, pageRequestFromWire, pageRequestToWire } from './page-wire.ts';
import type { StorageSessionsApi } from './sessions.ts';
import {
  consentFromWire,
  consentToWire,
  deliveryFromWire,
  deliveryToWire,
  foundSessionFromWire,
  foundSessionToWire,
  sessionFromWire,
  sessionToWire,
  versionedSessionFromWire,
  versionedSessionToWire,
} from './sessions-wire.ts';

/** Sessions and consents of a storage in another process. */
export function sessionsClient(channel: RpcChannel, deadlineMs: number): StorageSessionsApi {
  const client = createRpcClient({
    definition: StorageSessionsServiceService,
    channel,
    idempotent: idempotentMethods.StorageSessionsService,
    deadlineMs,
  });
  return {
    async createSession(session, events = []) {
      await client.createSession({ session: sessionToWire(session), events: events.map(eventToWire) });
    },
    async findSessions(ids) {
      return (await client.findSessions({ ids: [...ids] })).outcomes.map(foundSessionFromWire);
    },
    async updateSession(session, expectedVersion) {
      return (await client.updateSession({ session: sessionToWire(session), expectedVersion })).isUpdated;
    },
    async endSession({ revokesGrantsOfClients = [], ...session }) {
      const request = { ...session, revokesGrantsOfClients: [...revokesGrantsOfClients] };
      return (await client.endSession(request)).isEnded;
    },
    async putLogoutDeliveries(deliveries) {
      await client.putLogoutDeliveries({ deliveries: deliveries.map(deliveryToWire) });
    },
    async takeLogoutDeliveries(limit, leaseSeconds) {
      const request = { limit, leaseSeconds: wholeSeconds(leaseSeconds) };
      return (await client.takeLogoutDeliveries(request)).deliveries.map(deliveryFromWire);
    },
    async settleLogoutDeliveries(results) {
      await client.settleLogoutDeliveries({ results: results.map(({ id, retryAt }) => ({ id, retryAt })) });
    },
    async listSessions({ subject, ...page }) {
      const request = { ...pageRequestToWire(page), subject: filterToWire('subject', subject) };
      const { sessions, nextCursor } = await client.listSessions(request);
      return pageFromWire(sessions.map(versionedSessionFromWire), nextCursor);
    },
    async findConsent(subject, clientId) {
      const { consent } = await client.findConsent({ subject, clientId });
      return consent === undefined ? undefined : consentFromWire(consent);
    },
    async putConsent(consent) {
      await client.putConsent({ consent: consentToWire(consent) });
    },
    async withdrawConsent(subject, clientId) {
      return (await client.withdrawConsent({ subject, clientId })).isWithdrawn;
    },
    async listConsents({ subject, ...page }) {
      const { consents, nextCursor } = await client.listConsents({ ...pageRequestToWire(page), subject });
      return pageFromWire(consents.map(consentFromWire), nextCursor);
    },
  };
}

/** Offers sessions and consents to the service that owns the browser's cookie; some of it to others. */
export function sessionsBinding(api: StorageSessionsApi): RpcBinding {
  return bindRpc({
    definition: StorageSessionsServiceService,
    allowedCallers: ['authorize', 'token', 'admin'],
    methodCallers: {
      createSession: ['authorize'],
      findSessions: ['authorize', 'token'],
      updateSession: ['authorize'],
      endSession: ['authorize', 'admin'],
      putLogoutDeliveries: ['authorize', 'admin'],
      takeLogoutDeliveries: ['authorize'],
      settleLogoutDeliveries: ['authorize'],
      listSessions: ['authorize', 'admin'],
      findConsent: ['authorize', 'admin'],
      putConsent: ['authorize'],
      withdrawConsent: ['authorize', 'admin'],
      listConsents: ['authorize', 'admin'],
    },
    methods: {
      async createSession({ session, events }) {
        await api.createSession(sessionFromWire(required(session, 'session')), events.map(eventFromWire));
        return {};
      },
      async findSessions({ ids }) {
        return { outcomes: (await api.findSessions(ids)).map(foundSessionToWire) };
      },
      async updateSession({ session, expectedVersion }) {
        const parsed = sessionFromWire(required(session, 'session'));
        return { isUpdated: await api.updateSession(parsed, expectedVersion) };
      },
      async endSession({ revokesGrantsOfClients: clientIds, ...request }) {
        const session = { ...request, ...(clientIds.length === 0 ? {} : { revokesGrantsOfClients: clientIds }) };
        return { isEnded: await api.endSession(session) };
      },
      async putLogoutDeliveries({ deliveries }) {
        await api.putLogoutDeliveries(deliveries.map(deliveryFromWire));
        return {};
      },
      async takeLogoutDeliveries({ limit, leaseSeconds }) {
        return { deliveries: (await api.takeLogoutDeliveries(limit, leaseSeconds)).map(deliveryToWire) };
      },
      async settleLogoutDeliveries({ results }) {
        await api.settleLogoutDeliveries(results.map(({ id, retryAt }) => ({ id, ...optional('retryAt', retryAt) })));
        return {};
      },
      async listSessions({ subject, ...page }) {
        const request = { ...pageRequestFromWire(page), ...optionalText('subject', subject) };
        const { items, nextCursor } = await api.listSessions(request);
        return { sessions: items.map(versionedSessionToWire), nextCursor: nextCursor ?? '' };
      },
      async findConsent({ subject, clientId }) {
        const consent = await api.findConsent(subject, clientId);
        return { consent: consent === undefined ? undefined : consentToWire(consent) };
      },
      async putConsent({ consent }) {
        await api.putConsent(consentFromWire(required(consent, 'consent')));
        return {};
      },
      async withdrawConsent({ subject, clientId }) {
        return { isWithdrawn: await api.withdrawConsent(subject, clientId) };
      },
      async listConsents({ subject, ...page }) {
        const { items, nextCursor } = await api.listConsents({ ...pageRequestFromWire(page), subject });
        return { consents: items.map(consentToWire), nextCursor: nextCursor ?? '' };
      },
    },
  });
}
