import type { Clock } from '@tessera/clock';
import type { Authorization, AuthorizationRequestState, CompletionRequest } from '@tessera/contracts';
import type { AuthorizePorts } from '../ports.ts';
import { createFakeSessions, type FakeSessions } from './fake-sessions.ts';
import { createFakeShortLived, type FakeShortLived } from './fake-short-lived.ts';

/** What the service asks of storage in memory, by the rules of the contract, with every call counted. */
export interface FakeStorage {
  readonly port: AuthorizePorts['storage'];
  /** Names of the calls so far, in order. */
  readonly calls: string[];
  /** What the codes stand for, by the id of their flow. */
  readonly codes: Map<string, { readonly authorization: Authorization; readonly ttlSeconds: number }>;
  readonly sessions: FakeSessions;
  readonly shortLived: FakeShortLived;
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
  /** Makes calls of one name wait until so many of them have come, so that requests really race. */
  readonly meet: (name: string, count: number) => void;
}

interface Kept {
  version: number;
  payload: Uint8Array;
  readonly expiresAtMs: number;
  completedBy?: string;
}

/** Storage that forgets by the given clock. */
export function createFakeStorage(clock: Pick<Clock, 'now'>): FakeStorage {
  const requests = new Map<string, Kept>();
  const live = (id: string): Kept | undefined => {
    const kept = requests.get(id);
    return kept !== undefined && kept.expiresAtMs > clock.now().getTime() ? kept : undefined;
  };
  const meetings = new Map<string, { missing: number; readonly full: PromiseWithResolvers<void> }>();
  const begin = async (name: string): Promise<void> => {
    fake.calls.push(name);
    const meeting = meetings.get(name);
    if (meeting !== undefined) {
      meeting.missing -= 1;
      if (meeting.missing <= 0) meeting.full.resolve();
      await meeting.full.promise;
    }
    if (fake.failure !== undefined) throw fake.failure;
  };
  const sessions = createFakeSessions(clock, begin);
  const shortLived = createFakeShortLived(clock, begin);
  const fake: FakeStorage = {
    sessions,
    shortLived,
    calls: [],
    codes: new Map(),
    failure: undefined,
    meet: (name, count) => void meetings.set(name, { missing: count, full: Promise.withResolvers() }),
    port: {
      ...sessions.port,
      ...shortLived.port,
      async putAuthorizationRequest({ id, version, payload }, ttlSeconds) {
        await begin('put');
        requests.set(id, { version, payload, expiresAtMs: clock.now().getTime() + ttlSeconds * 1000 });
      },
      async getAuthorizationRequest(id): Promise<AuthorizationRequestState> {
        await begin('get');
        const kept = live(id);
        if (kept === undefined) return { type: 'absent' };
        if (kept.completedBy !== undefined) return { type: 'completed' };
        return { type: 'pending', request: { id, version: kept.version, payload: kept.payload } };
      },
      async updateAuthorizationRequest({ id, version, payload }) {
        await begin('update');
        const kept = live(id);
        if (kept === undefined || kept.completedBy !== undefined || kept.version !== version) return false;
        kept.version += 1;
        kept.payload = payload;
        return true;
      },
      async completeAuthorizationRequest({ id, version, authorization, codeTtlSeconds, attemptId }: CompletionRequest) {
        await begin('complete');
        const kept = live(id);
        if (kept?.completedBy !== undefined) return kept.completedBy === attemptId;
        if (kept === undefined || kept.version !== version) return false;
        kept.completedBy = attemptId;
        if (authorization !== undefined) fake.codes.set(id, { authorization, ttlSeconds: codeTtlSeconds });
        return true;
      },
    },
  };
  return fake;
}
