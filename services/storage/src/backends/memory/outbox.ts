import type { ParkedEvent, SecurityEvent, WaitingEvent } from '@tessera/contracts';
import type { OutboxStore, StoreObserver } from '../../ports.ts';
import { laneOf } from '../../rules/lanes.ts';
import { storeFull } from './bounded-map.ts';

/** The outbox in memory, and how the other parts of the store put events into it with their changes. */
export interface MemoryOutbox extends OutboxStore {
  /** Throws `resource_exhausted` (`storage.full`) when so many more do not fit; called before anything is changed. */
  readonly assertRoom: (count: number) => void;
  readonly add: (event: SecurityEvent) => void;
}

interface KeptEvent {
  readonly sequence: number;
  readonly lane: number;
  readonly event: SecurityEvent;
  readonly parked?: { readonly parkedAt: Date; readonly reason: string };
}

const MAX_EVENTS = 100_000;
/** More than that is not counted, as in the contract. */
const MAX_COUNTED = 100_000;

/** Events in memory, in the order in which they came. */
export function createMemoryOutbox(hasOutbox: boolean, onStatement: StoreObserver | undefined): MemoryOutbox {
  /** By sequence; a map keeps the order of insertion, and an event that is parked or put back stays in its place. */
  const events = new Map<number, KeptEvent>();
  const ids = new Set<string>();
  let lastSequence = 0;

  const assertRoom = (count: number): void => {
    if (hasOutbox && events.size + count > MAX_EVENTS) throw storeFull();
  };
  const add = (event: SecurityEvent): void => {
    if (!hasOutbox || ids.has(event.id)) return;
    lastSequence += 1;
    ids.add(event.id);
    events.set(lastSequence, { sequence: lastSequence, lane: laneOf(event.key), event });
  };
  const remove = (kept: KeptEvent): void => {
    ids.delete(kept.event.id);
    events.delete(kept.sequence);
  };
  const at = (position: string): KeptEvent | undefined => events.get(Number(position));
  return {
    assertRoom,
    add,
    async appendEvents(added) {
      onStatement?.('append_events');
      assertRoom(added.length);
      for (const event of added) add(event);
    },
    async readEvents(lanes, limit, after) {
      onStatement?.('read_events');
      const wanted = new Set(lanes);
      const found: WaitingEvent[] = [];
      for (const { sequence, lane, event, parked } of events.values()) {
        if (found.length >= limit) break;
        if (sequence <= Number(after ?? 0)) continue;
        if (parked === undefined && wanted.has(lane)) found.push({ position: String(sequence), event });
      }
      return found;
    },
    async removeEvents(positions) {
      onStatement?.('remove_events');
      for (const kept of positions.map(at)) if (kept !== undefined) remove(kept);
    },
    async parkEvents(parked, now) {
      onStatement?.('park_events');
      for (const { position, reason } of parked) {
        const kept = at(position);
        if (kept === undefined || kept.parked !== undefined) continue;
        events.set(kept.sequence, { ...kept, parked: { parkedAt: now, reason } });
      }
    },
    async listParkedEvents(limit, after) {
      onStatement?.('list_parked_events');
      const found: ParkedEvent[] = [];
      for (const { sequence, event, parked } of events.values()) {
        if (found.length >= limit) break;
        if (parked === undefined || sequence <= Number(after ?? 0)) continue;
        found.push({ position: String(sequence), event, ...parked });
      }
      return found;
    },
    async unparkEvents(positions) {
      onStatement?.('unpark_events');
      const meant = positions === undefined ? [...events.values()] : positions.map(at);
      let count = 0;
      for (const kept of meant) {
        if (kept?.parked === undefined) continue;
        const { parked: _, ...waiting } = kept;
        events.set(kept.sequence, waiting);
        count += 1;
      }
      return count;
    },
    async backlog() {
      onStatement?.('backlog');
      const kept = [...events.values()];
      const waiting = kept.filter(({ parked }) => parked === undefined);
      const oldestMs = waiting.reduce(
        (least, { event }) => Math.min(least, event.time.getTime()),
        Number.POSITIVE_INFINITY,
      );
      return {
        waiting: Math.min(waiting.length, MAX_COUNTED),
        ...(waiting.length === 0 ? {} : { oldestAt: new Date(oldestMs) }),
        parked: kept.length - waiting.length,
      };
    },
  };
}
