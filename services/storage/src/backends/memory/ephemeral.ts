import { addSeconds, type Clock } from '@tessera/clock';
import type { Authorization, AuthorizationRequestRecord } from '@tessera/contracts';
import type { EphemeralStore, StoreObserver } from '../../ports.ts';
import { tombstoneTtlSeconds } from '../../rules/tombstone.ts';
import { createBoundedMap } from './bounded-map.ts';

/** How the store is made. */
export interface MemoryEphemeralOptions {
  readonly clock: Clock;
  /** Most sign-ins in progress, and most codes. Default 50,000 each. */
  readonly maxEntries?: number;
  readonly onCommand?: StoreObserver;
}

type Flow = { readonly expiresAt: Date } & (
  | { readonly type: 'request'; readonly request: AuthorizationRequestRecord }
  | { readonly type: 'tombstone'; readonly attemptId: string }
);

interface Code {
  readonly expiresAt: Date;
  readonly authorization: Authorization;
}

const DEFAULT_MAX_ENTRIES = 50_000;
const expiresAt = (entry: { readonly expiresAt: Date }): Date => entry.expiresAt;

/** Short-lived state of one process. JavaScript runs one turn at a time, so every method here is atomic. */
export function createMemoryEphemeralStore(options: MemoryEphemeralOptions): EphemeralStore {
  const { clock, maxEntries = DEFAULT_MAX_ENTRIES, onCommand } = options;
  const flows = createBoundedMap<Flow>({ clock, maxEntries, expiresAt });
  const codes = createBoundedMap<Code>({ clock, maxEntries, expiresAt });
  const pending = (id: string, version: number): (Flow & { readonly type: 'request' }) | undefined => {
    const flow = flows.get(id);
    return flow?.type === 'request' && flow.request.version === version ? flow : undefined;
  };
  return {
    async ready() {},
    async close() {},
    async putRequest(request, ttlSeconds) {
      onCommand?.('put_request');
      if (flows.get(request.id) !== undefined) return;
      flows.set(request.id, {
        type: 'request',
        request: { ...request, payload: request.payload.slice() },
        expiresAt: addSeconds(clock.now(), ttlSeconds),
      });
    },
    async getRequest(id) {
      onCommand?.('get_request');
      const flow = flows.get(id);
      if (flow === undefined) return { type: 'absent' };
      return flow.type === 'tombstone' ? { type: 'completed' } : { type: 'pending', request: flow.request };
    },
    async updateRequest(request) {
      onCommand?.('update_request');
      const flow = pending(request.id, request.version);
      if (flow === undefined) return false;
      const next = { ...request, version: request.version + 1, payload: request.payload.slice() };
      flows.set(request.id, { ...flow, request: next });
      return true;
    },
    async completeRequest({ id, version, authorization, codeTtlSeconds, attemptId }) {
      onCommand?.('complete_request');
      const flow = flows.get(id);
      if (flow?.type === 'tombstone') return flow.attemptId === attemptId;
      if (flow === undefined || pending(id, version) === undefined) return false;
      const now = clock.now();
      const leastUntil = addSeconds(now, tombstoneTtlSeconds(codeTtlSeconds));
      const until = new Date(Math.max(flow.expiresAt.getTime(), leastUntil.getTime()));
      // The code first: when there is no room for it, the request stays.
      if (authorization !== undefined) {
        codes.set(id, { authorization, expiresAt: addSeconds(now, codeTtlSeconds) });
      }
      flows.set(id, { type: 'tombstone', attemptId, expiresAt: until });
      return true;
    },
    async findCodes(ids) {
      onCommand?.('find_codes');
      return ids.map((id) => codes.get(id)?.authorization);
    },
    async sweep() {
      flows.sweep();
      codes.sweep();
    },
  };
}
