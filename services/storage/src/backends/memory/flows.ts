import { addSeconds, type Clock } from '@tessera/clock';
import type { AuthorizationRequestRecord } from '@tessera/contracts';
import type { FlowStore, StoreObserver } from '../../ports.ts';
import { tombstoneTtlSeconds } from '../../rules/tombstone.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { MemoryCodes } from './codes.ts';

type Flow = { readonly expiresAt: Date } & (
  | { readonly type: 'request'; readonly request: AuthorizationRequestRecord }
  | { readonly type: 'tombstone'; readonly attemptId: string }
);

/** What the parts of the store share. */
export interface MemoryPartOptions {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly onCommand: StoreObserver | undefined;
}

/** Sign-ins in progress in memory, with the removal of what expired. */
export function createMemoryFlows(
  { clock, maxEntries, onCommand }: MemoryPartOptions,
  codes: MemoryCodes,
): FlowStore & { readonly sweep: () => void } {
  const flows = createBoundedMap<Flow>({ clock, maxEntries, expiresAt: (flow) => flow.expiresAt });
  const pending = (id: string, version: number): (Flow & { readonly type: 'request' }) | undefined => {
    const flow = flows.get(id);
    return flow?.type === 'request' && flow.request.version === version ? flow : undefined;
  };
  return {
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
      if (authorization !== undefined) codes.put(id, authorization, addSeconds(now, codeTtlSeconds));
      flows.set(id, { type: 'tombstone', attemptId, expiresAt: until });
      return true;
    },
    async findCodes(ids) {
      onCommand?.('find_codes');
      return ids.map((id) => codes.find(id));
    },
    sweep: flows.sweep,
  };
}
