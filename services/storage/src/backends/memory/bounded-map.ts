import type { Clock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';

/** A map that holds a bounded number of entries and lets expired ones go. */
export interface BoundedMap<V> {
  /** Undefined = never there or expired. */
  readonly get: (key: string) => V | undefined;
  /** Throws `resource_exhausted` (`storage.full`) when the key is new and only living entries fill the map. */
  set(key: string, value: V): void;
  /** False: there was none, or it had expired. */
  delete(key: string): boolean;
  /** What has not expired, in no particular order. */
  values(): Iterable<V>;
  /** Removes at most `limit` entries that fit, expired ones too, and says how many. */
  removeWhere(fits: (value: V) => boolean, limit: number): number;
  /** Lets go of what has expired. */
  readonly sweep: () => void;
}

/** How a bounded map is made. */
export interface BoundedMapOptions<V> {
  readonly clock: Clock;
  readonly maxEntries: number;
  /** When an entry is of no use any more; undefined = never. */
  readonly expiresAt: (value: V) => Date | undefined;
  /** Told of every entry that leaves by its age. */
  readonly onExpired?: (value: V) => void;
}

/** The store in memory holds as much as it may. Kind `resource_exhausted`, code `storage.full`. */
export function storeFull(): TesseraError {
  return new TesseraError({ kind: 'resource_exhausted', code: 'storage.full', message: 'the store in memory is full' });
}

/** A bounded map in memory. When it is full, expired entries make room; living ones never do. */
export function createBoundedMap<V>(options: BoundedMapOptions<V>): BoundedMap<V> {
  const { clock, maxEntries, expiresAt, onExpired } = options;
  const entries = new Map<string, V>();
  // Before this moment no entry can have expired, so that a full map is not searched at every refusal.
  let nothingExpiresBefore = 0;

  const isExpired = (value: V, now: Date): boolean => {
    const moment = expiresAt(value);
    return moment !== undefined && moment <= now;
  };
  const get = (key: string): V | undefined => {
    const value = entries.get(key);
    return value === undefined || isExpired(value, clock.now()) ? undefined : value;
  };
  const sweep = (): void => {
    const now = clock.now();
    let earliest = Number.POSITIVE_INFINITY;
    for (const [key, value] of entries) {
      if (isExpired(value, now)) {
        entries.delete(key);
        onExpired?.(value);
      } else {
        earliest = Math.min(earliest, expiresAt(value)?.getTime() ?? earliest);
      }
    }
    nothingExpiresBefore = earliest;
  };
  const makeRoom = (): void => {
    if (entries.size < maxEntries) return;
    if (clock.now().getTime() >= nothingExpiresBefore) sweep();
    if (entries.size >= maxEntries) throw storeFull();
  };
  return {
    get,
    set(key, value) {
      if (!entries.has(key)) makeRoom();
      entries.set(key, value);
      nothingExpiresBefore = Math.min(nothingExpiresBefore, expiresAt(value)?.getTime() ?? nothingExpiresBefore);
    },
    delete(key) {
      const wasThere = get(key) !== undefined;
      entries.delete(key);
      return wasThere;
    },
    *values() {
      const now = clock.now();
      for (const value of entries.values()) if (!isExpired(value, now)) yield value;
    },
    removeWhere(fits, limit) {
      let removed = 0;
      for (const [key, value] of entries) {
        if (removed >= limit) break;
        if (!fits(value)) continue;
        entries.delete(key);
        onExpired?.(value);
        removed += 1;
      }
      return removed;
    },
    sweep,
  };
}
