import type { WaitingEvent } from '@tessera/contracts';
import type { OutboxStore } from '../../ports.ts';
import { LANES } from '../../rules/lanes.ts';
import { eventFromJson, parsePosition, positionOf, type StoredEvent } from './event-value.ts';
import { readKeys, readPages } from './pages.ts';
import type { KeyValue } from './protocol.ts';
import type { StoreParts } from './store-parts.ts';

/** More than that is not counted, as in the contract. */
const MAX_COUNTED = 100_000;
/** Most events that come with one revision, so that a page ends after the last of one. */
const MAX_OF_A_REVISION = 64;
/** Least events of a lane that are read at a time. */
const MIN_OF_A_LANE = 64;
const PARKED_PAGE = 500;

type Reader = Pick<OutboxStore, 'readEvents' | 'listParkedEvents' | 'backlog'>;

/**
 * Reads the outbox. Revisions are the order of commits: etcd sorts a lane by the one in which each event came, for which it
 * looks at all that wait in the lane, and the events of one revision stand in the order that is in their keys.
 */
export function createOutboxReader({ connection, keys, begin }: StoreParts): Reader {
  const waitingOf = async (lane: number, limit: number, after = ''): Promise<readonly WaitingEvent[]> => {
    const found: WaitingEvent[] = [];
    for (let from = parsePosition(after)?.revision ?? '0'; found.length < limit; ) {
      const page = await readLane(lane, limit + MAX_OF_A_REVISION, from);
      found.push(...page.entries.filter(({ position, parked }) => parked === undefined && position > after));
      if (page.next === undefined) break;
      from = page.next;
    }
    return found.slice(0, limit);
  };
  /** Events of a lane that came in the revision `from` or later, whole revisions only. */
  const readLane = async (lane: number, limit: number, from: string) => {
    const prefix = keys.lane(lane);
    const { kvs, more } = await connection.range({
      key: prefix.after(undefined),
      range_end: prefix.end,
      limit,
      sort_order: 'ASCEND',
      sort_target: 'CREATE',
      min_create_revision: from,
    });
    const last = kvs.at(-1)?.create_revision;
    const whole = more ? kvs.filter(({ create_revision }) => create_revision !== last) : kvs;
    const entries = whole.map(entryOf).sort((left, right) => (left.position < right.position ? -1 : 1));
    return { entries, next: more ? last : undefined };
  };
  const entryOf = (read: KeyValue): WaitingEvent & StoredEvent => ({
    position: positionOf(read, keys.outbox.rest(read.key)),
    ...eventFromJson(read.value.toString()),
  });
  /** When the oldest that waits in a lane happened: the keys of a lane are in that order. */
  const oldestOf = async (lane: number): Promise<Date | undefined> => {
    for await (const page of readPages(connection, keys.lane(lane), { size: PARKED_PAGE })) {
      const first = page.map(entryOf).find(({ parked }) => parked === undefined);
      if (first !== undefined) return first.event.time;
    }
    return undefined;
  };
  const countOf = async (prefix: { after(rest: undefined): Buffer; readonly end: Buffer }): Promise<number> => {
    const range = { key: prefix.after(undefined), range_end: prefix.end };
    return Number((await connection.range({ ...range, count_only: true })).count);
  };
  return {
    async readEvents(lanes, limit, after) {
      begin('read_events');
      const ofEach = Math.min(limit, Math.max(MIN_OF_A_LANE, Math.ceil((2 * limit) / Math.max(1, lanes.length))));
      const found = (await Promise.all(lanes.map((lane) => waitingOf(lane, ofEach, after)))).flat();
      const inOrder = found.sort((left, right) => (left.position < right.position ? -1 : 1));
      return inOrder.slice(0, limit).map(({ position, event }) => ({ position, event }));
    },
    async listParkedEvents(limit, after) {
      begin('list_parked_events');
      const found = [];
      for await (const page of readPages(connection, keys.parked, { after, size: Math.min(limit, PARKED_PAGE) })) {
        const positions = page.map(({ key }) => keys.parked.rest(key));
        const read = await readKeys(
          connection,
          positions.map((position) => keys.outbox.at(parsePosition(position)?.rest ?? '')),
        );
        for (const entry of read.flatMap((one) => (one === undefined ? [] : [entryOf(one)]))) {
          const { position, event, parked } = entry;
          if (parked !== undefined) found.push({ position, event, ...parked });
        }
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },
    async backlog() {
      begin('backlog');
      const [all, parked] = await Promise.all([countOf(keys.outbox), countOf(keys.parked)]);
      const waiting = Math.max(0, Math.min(all - parked, MAX_COUNTED));
      if (waiting === 0) return { waiting, parked };
      const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => oldestOf(lane)));
      const oldest = lanes.flatMap((time) => time ?? []).sort((left, right) => left.getTime() - right.getTime())[0];
      return { waiting, parked, ...(oldest === undefined ? {} : { oldestAt: oldest }) };
    },
  };
}
