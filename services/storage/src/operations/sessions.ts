import type { Clock } from '@tessera/clock';
import type { GrantSelector, Session, SessionToEnd, StorageSessionsApi, Versioned } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { newEvent } from '@tessera/events';
import { succeeded } from '@tessera/rpc';
import { sessionFromJson, sessionToJson } from '../codec/session-json.ts';
import type { GrantStore, RecordStore, StoredRecord } from '../ports.ts';
import {
  assertId,
  assertMoment,
  assertPayload,
  assertVersion,
  invalidInput,
  isStorableId,
  MAX_BODY_BYTES,
} from '../rules/accepted-input.ts';
import { assertEvent } from './accepted-events.ts';
import { assertReason, revokeAllBy } from './grants-by-selector.ts';
import { recordPage } from './record-pages.ts';

/** What sessions need. */
export interface SessionsOptions {
  readonly clock: Clock;
  readonly durable: RecordStore & GrantStore;
}

/** Most clients whose grants are revoked with one session. */
const MAX_CLIENTS = 1000;

/** Operations on sessions. */
export type SessionOperations = Pick<
  StorageSessionsApi,
  'createSession' | 'findSessions' | 'updateSession' | 'endSession' | 'listSessions'
>;

/** Sessions on a durable store, one statement each; ending one with its grants takes a few. */
export function createSessions(options: SessionsOptions): SessionOperations {
  const { clock, durable } = options;
  return {
    async createSession(session, events = []) {
      events.forEach(assertEvent);
      await durable.writeRecords([{ ...toRecord(session), expected: 'absent', events }], clock.now());
    },
    async findSessions(ids) {
      const distinct = [...new Set(ids.filter(isStorableId))];
      const refs = distinct.map((id) => ({ kind: 'session', id }) as const);
      const found = refs.length === 0 ? [] : await durable.getRecords(refs, clock.now());
      const records = new Map(distinct.map((id, index) => [id, found[index]]));
      return ids.map((id) => {
        const record = records.get(id);
        return succeeded(record === undefined ? undefined : versioned(record));
      });
    },
    async updateSession(session, expectedVersion) {
      assertVersion(expectedVersion);
      const record = { ...toRecord(session), expected: expectedVersion, events: [] };
      const [version] = await durable.writeRecords([record], clock.now());
      return version !== undefined;
    },
    async endSession(session) {
      const { id, reason } = session;
      assertReason(reason);
      const selectors = grantsToRevoke(session);
      if (!isStorableId(id)) return false;
      const isEnded = await remove(id, reason, options);
      for (const selector of selectors) {
        const { isComplete } = await revokeAllBy(selector, reason, options);
        if (!isComplete) throw unavailable('storage.incomplete', 'not all grants of the session are revoked yet');
      }
      return isEnded;
    },
    listSessions: async ({ subject, ...request }) =>
      recordPage(request, { store: durable, kind: 'session', owner: subject, now: clock.now(), read: versioned }),
  };
}

/** Throws `storage.invalid_id` for a client that cannot have grants, `storage.invalid_limit` for too many clients. */
function grantsToRevoke({ id, revokesGrants, revokesGrantsOfClients = [] }: SessionToEnd): readonly GrantSelector[] {
  if (revokesGrants) return [{ sessionId: id }];
  const clientIds = [...new Set(revokesGrantsOfClients)];
  for (const clientId of clientIds) assertId(clientId, 'a client id');
  if (clientIds.length <= MAX_CLIENTS) return clientIds.map((clientId) => ({ sessionId: id, clientId }));
  throw invalidInput('storage.invalid_limit', `at most ${MAX_CLIENTS} clients are named at once`);
}

/** The event needs to know whose session it was; that never changes, so whoever removes it tells the truth. */
async function remove(id: string, reason: string, { clock, durable }: SessionsOptions): Promise<boolean> {
  const now = clock.now();
  const [record] = await durable.getRecords([{ kind: 'session', id }], now);
  if (record === undefined) return false;
  const { subject, connectorId } = sessionFromJson(record.body);
  const events = [newEvent('session.ended', subject, { sessionId: id, connectorId, reason }, now)];
  const [isRemoved = false] = await durable.removeRecords([{ kind: 'session', id, events }], now);
  return isRemoved;
}

function versioned(record: StoredRecord): Versioned<Session> {
  return { value: sessionFromJson(record.body), version: record.version };
}

function toRecord(session: Session): Omit<StoredRecord, 'version'> & { readonly kind: 'session' } {
  assertId(session.id, 'the id of a session');
  assertId(session.subject, 'a subject');
  assertId(session.connectorId, 'a connector id');
  assertMoment(session.expiresAt, 'the end of a session');
  assertPayload(session.payload);
  const body = sessionToJson(session);
  if (Buffer.byteLength(body, 'utf8') > 2 * MAX_BODY_BYTES) {
    throw invalidInput('storage.invalid_record', `a session has at most ${2 * MAX_BODY_BYTES} bytes`);
  }
  return { kind: 'session', id: session.id, body, owner: session.subject, expiresAt: session.expiresAt };
}
