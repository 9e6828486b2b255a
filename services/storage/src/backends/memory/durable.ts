import type { Clock } from '@tessera/clock';
import { userFromJson } from '../../codec/user-json.ts';
import type { DurableStore, StoreObserver } from '../../ports.ts';
import { createGrantShelf } from './grant-shelf.ts';
import { createMemoryGrants } from './grants.ts';
import { createMemoryOutbox } from './outbox.ts';
import { createMemoryPortable, createRetirement } from './portable.ts';
import { createMemoryRecords } from './records.ts';

/** How the store is made. */
export interface MemoryDurableOptions {
  readonly clock: Clock;
  /** Most grants. Default 200,000. */
  readonly maxGrants?: number;
  /** Whether events are kept for the events service. */
  readonly hasOutbox: boolean;
  readonly onStatement?: StoreObserver;
}

const DEFAULT_MAX_GRANTS = 200_000;

/** "Durable" state that lives as long as the process: for trying out. */
export function createMemoryDurableStore(options: MemoryDurableOptions): DurableStore {
  const { clock, maxGrants = DEFAULT_MAX_GRANTS, hasOutbox, onStatement } = options;
  const retirement = createRetirement();
  const { assertChangeable } = retirement;
  const shelf = createGrantShelf(clock, maxGrants);
  const { assertRoom, add, ...outbox } = createMemoryOutbox(hasOutbox, onStatement);
  const withRoom = { ...outbox, assertRoom, add };
  const records = createMemoryRecords({ clock, outbox: withRoom, assertChangeable, onStatement });
  const { find, importAll: _, ...recordStore } = records;
  const findStoredUser = (email: string) => {
    const record = find('user', email);
    return record === undefined ? undefined : userFromJson(record.body);
  };
  return {
    async ready() {},
    async close() {},
    ...createMemoryGrants({ shelf, outbox: withRoom, findStoredUser, assertChangeable, onStatement }),
    ...recordStore,
    ...outbox,
    ...createMemoryPortable({ shelf, records, retirement, onStatement }),
  };
}
