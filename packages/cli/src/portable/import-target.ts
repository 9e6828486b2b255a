import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import type { DurableStore, PortableGrant, RecordKind, StoredRecord } from '@tessera/storage';
import { CommandFailure } from '../command-line/failure.ts';

/** Where entries go. Each call says how many of them were not there before. */
export interface ImportTarget {
  addGrants(grants: readonly PortableGrant[]): Promise<number>;
  addRecords(kind: RecordKind, records: readonly StoredRecord[]): Promise<number>;
  /** Undefined: an event that waits already stays as it is, and the store does not say how many did. */
  addEvents(events: readonly SecurityEvent[]): Promise<number | undefined>;
}

/** A store that takes what it does not have. */
export function storeTarget(store: DurableStore, clock: Clock): ImportTarget {
  return {
    addGrants: (grants) => store.importGrants(grants),
    async addRecords(kind, records) {
      if (kind !== 'key_set') return store.importRecords(kind, records);
      await findRecords(store, kind, records, clock);
      const added = await store.importRecords(kind, records);
      // A process may have made its own meanwhile.
      await findRecords(store, kind, records, clock);
      return added;
    },
    async addEvents(events) {
      await store.appendEvents(events);
      return undefined;
    },
  };
}

/** What a store would take; it is only asked what it has. Undefined = there is no store yet. */
export function trialTarget(store: DurableStore | undefined, clock: Clock): ImportTarget {
  const missing = (found: readonly unknown[] | undefined, count: number): number =>
    found === undefined ? count : found.filter((one) => one === undefined).length;
  return {
    async addGrants(grants) {
      return missing(await store?.findGrants(grants.map(({ id }) => id)), grants.length);
    },
    async addRecords(kind, records) {
      return missing(store && (await findRecords(store, kind, records, clock)), records.length);
    },
    addEvents: async () => undefined,
  };
}

/**
 * What a store has of records. Throws CommandFailure when it has keys of its own: they would stay, and what was signed or
 * issued under those of the export would be worth nothing.
 */
async function findRecords(
  store: DurableStore,
  kind: RecordKind,
  records: readonly StoredRecord[],
  clock: Clock,
): Promise<readonly (StoredRecord | undefined)[]> {
  const refs = records.map(({ id }) => ({ kind, id }));
  const found = await store.getRecords(refs, clock.now());
  const isOther = found.some((known, index) => known !== undefined && !isSameJson(known.body, records[index]?.body));
  if (kind === 'key_set' && isOther) {
    throw new CommandFailure(
      'The target has signing keys of its own, from a process that ran on it: import into a store that was not used.',
    );
  }
  return found;
}

/** A database may write the same document otherwise. */
function isSameJson(left: string, right: string | undefined): boolean {
  return right !== undefined && isDeepStrictEqual(JSON.parse(left), JSON.parse(right));
}
