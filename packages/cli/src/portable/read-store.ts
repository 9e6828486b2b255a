import type { Clock } from '@tessera/clock';
import { type DurableStore, LANES } from '@tessera/storage';
import { portableKinds } from './kinds.ts';
import type { PortableEntry } from './portable-entry.ts';

/** How a store is read. */
export interface ReadStoreOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  /** Ends the reading before the next page. */
  readonly signal?: AbortSignal;
}

const PAGE = 500;
const lanes: readonly number[] = Array.from({ length: LANES }, (_, lane) => lane);

/**
 * Everything a store holds that lasts: the records of each kind, the grants, then the events that wait and those that are
 * kept aside. It is read page by page and nothing is changed. Each entry is as it was when its page was read.
 */
export async function* readStore(options: ReadStoreOptions): AsyncGenerator<PortableEntry> {
  const { store, clock } = options;
  for (const kind of portableKinds) {
    const page = async (after?: string) => {
      const listing = { kind, limit: PAGE, ...(after === undefined ? {} : { after }) };
      return (await store.listRecords(listing, clock.now())).records;
    };
    for await (const record of inPages(options, page, ({ id }) => id)) yield { type: 'record', kind, record };
  }
  const grants = inPages(
    options,
    (after) => store.exportGrants(PAGE, after),
    ({ id }) => id,
  );
  for await (const grant of grants) yield { type: 'grant', grant };
  yield* readEvents(options);
}

/** Lane by lane, since within a lane positions are in the order of the events. */
async function* readEvents(options: ReadStoreOptions): AsyncGenerator<PortableEntry> {
  const { store } = options;
  for (const lane of lanes) {
    const waiting = inPages(
      options,
      (after) => store.readEvents([lane], PAGE, after),
      ({ position }) => position,
    );
    for await (const { event } of waiting) yield { type: 'event', event };
  }
  const parked = inPages(
    options,
    (after) => store.listParkedEvents(PAGE, after),
    ({ position }) => position,
  );
  for await (const { event } of parked) yield { type: 'event', event };
}

async function* inPages<T>(
  { signal }: ReadStoreOptions,
  read: (after?: string) => Promise<readonly T[]>,
  placeOf: (item: T) => string,
): AsyncGenerator<T> {
  let after: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const page = await read(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = placeOf(last);
  }
}
