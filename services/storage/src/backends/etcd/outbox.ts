import type { OutboxStore } from '../../ports.ts';
import { type EventPlace, eventFromJson, eventToJson, parsePosition } from './event-value.ts';
import { createOutboxReader } from './outbox-reader.ts';
import { readKeys, readPages } from './pages.ts';
import { inChunks } from './parallel.ts';
import type { RequestOp, ResponseOp } from './protocol.ts';
import { isUnchanged, only, put, remove, wasCreatedIn } from './steps.ts';
import type { StoreParts } from './store-parts.ts';

/** Events that are changed in one transaction: it has at most 128 steps, those within its steps counted. */
const AT_ONCE = 40;
const PAGE = 500;

type Placed = EventPlace & { readonly id: string; readonly position: string };

/**
 * The outbox in etcd. An event keeps the key it was put under, and with it its place, until it is removed; one that is kept
 * aside says so itself and is listed by its position besides. Retiring the store does not stop this.
 */
export function createEtcdOutbox(parts: StoreParts): OutboxStore {
  const { connection, keys, eventSteps, begin } = parts;
  const reader = createOutboxReader(parts);
  const keyOf = ({ rest }: EventPlace): Buffer => keys.outbox.at(rest);
  const takeSteps = async (steps: readonly RequestOp[]): Promise<readonly ResponseOp[]> => {
    if (steps.length === 0) return [];
    return (await connection.txn({ compare: [], success: steps, failure: [] })).responses;
  };
  /** Rewrites events that are still where they were, and says how many. */
  const rewrite = async (positions: readonly string[], change: (place: Placed, text: string) => RewriteSteps) => {
    let count = 0;
    for (const part of inChunks(placesOf(positions), AT_ONCE)) {
      const read = await readKeys(connection, part.map(keyOf));
      const steps = part.flatMap((place, index) => {
        const entry = read[index];
        if (entry === undefined || entry.create_revision !== place.revision) return [];
        const wanted = change(place, entry.value.toString());
        return wanted === undefined ? [] : [only([isUnchanged(entry.key, entry)], wanted)];
      });
      const answers = await takeSteps(steps);
      count += answers.filter(({ response_txn }) => response_txn?.succeeded === true).length;
    }
    return count;
  };
  const unpark = (positions: readonly string[]): Promise<number> =>
    rewrite(positions, (place, text) => {
      const { event, parked } = eventFromJson(text);
      if (parked === undefined) return undefined;
      return [put(keyOf(place), eventToJson({ event })), remove(keys.parked.key(place.position))];
    });
  return {
    ...reader,
    async appendEvents(events) {
      begin('append_events');
      for (const part of inChunks(events, AT_ONCE)) await takeSteps(eventSteps(part));
    },
    async removeEvents(positions) {
      begin('remove_events');
      for (const part of inChunks(placesOf(positions), AT_ONCE)) {
        await takeSteps(
          part.map((place) =>
            only(
              [wasCreatedIn(keyOf(place), place.revision)],
              [remove(keyOf(place)), remove(keys.eventIds.key(place.id)), remove(keys.parked.key(place.position))],
            ),
          ),
        );
      }
    },
    async parkEvents(events, now) {
      begin('park_events');
      const reasons = new Map(events.map(({ position, reason }) => [position, reason]));
      await rewrite([...reasons.keys()], (place, text) => {
        const { event, parked } = eventFromJson(text);
        if (parked !== undefined) return undefined;
        const aside = { parkedAt: now, reason: reasons.get(place.position) ?? '' };
        return [put(keyOf(place), eventToJson({ event, parked: aside })), put(keys.parked.key(place.position))];
      });
    },
    async unparkEvents(positions) {
      begin('unpark_events');
      if (positions !== undefined) return unpark(positions);
      let count = 0;
      for await (const page of readPages(connection, keys.parked, { size: PAGE })) {
        count += await unpark(page.map(({ key }) => keys.parked.rest(key)));
      }
      return count;
    },
  };
}

type RewriteSteps = readonly RequestOp[] | undefined;

/** What is no position of this store is left out: nothing stands there. */
function placesOf(positions: readonly string[]): readonly Placed[] {
  return [...new Set(positions)].flatMap((position) => {
    const place = parsePosition(position);
    return place === undefined ? [] : [{ ...place, position }];
  });
}
