import type { Storage } from '@tessera/contracts';
import type { EventData, EventLog, EventType } from '@tessera/events';
import type { Metrics } from '@tessera/telemetry';

/** Wraps what is told of events so that they are counted. */
export interface TellingMetrics {
  log(log: EventLog): EventLog;
  /** A sign-in that begins a session is told of together with the session. */
  sessions<S extends Pick<Storage, 'createSession'>>(storage: S): S;
}

/** Connectors told apart; beyond, `other`, since those who administer may make any number. */
const MOST_CONNECTORS = 100;

/**
 * Counts events as they are told (`tessera_events_told_total`) and, of these, the ends of sign-ins by connector
 * (`tessera_sign_ins_total`): `succeeded`, `throttled`, or why it failed. What could not be written is not counted.
 */
export function createTellingMetrics(metrics: Metrics): TellingMetrics {
  const told = metrics.counter('tessera_events_told_total', 'Events that this process told of.', ['type']);
  const signIns = metrics.counter('tessera_sign_ins_total', 'Ends of sign-ins.', ['connector', 'outcome']);
  const connectors = new Set<string>();
  const labelOf = (connectorId: string): string => {
    if (connectors.size < MOST_CONNECTORS) connectors.add(connectorId);
    return connectors.has(connectorId) ? connectorId : 'other';
  };
  const count = <T extends EventType>(type: T, data: EventData<T>): void => {
    told.add({ type });
    const outcome = outcomeOf(type, data);
    if (outcome !== undefined && 'connectorId' in data) {
      signIns.add({ connector: labelOf(data.connectorId), outcome });
    }
  };
  return {
    log: (log) => ({
      record(type, key, data) {
        log.record(type, key, data);
        count(type, data);
      },
      async recordDurably(type, key, data) {
        await log.recordDurably(type, key, data);
        count(type, data);
      },
      close: () => log.close(),
    }),
    sessions: (storage) => ({
      ...storage,
      async createSession(session, events = []) {
        await storage.createSession(session, events);
        for (const { type, data } of events) count(type as EventType, JSON.parse(data));
      },
    }),
  };
}

function outcomeOf(type: EventType, data: EventData<EventType>): string | undefined {
  if (type === 'sign_in.succeeded') return 'succeeded';
  if (type === 'sign_in.throttled') return 'throttled';
  return type === 'sign_in.failed' && 'reason' in data ? data.reason : undefined;
}
