import type { Clock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';

/** A map that holds a bounded number of entries and lets expired ones go. */
export interface BoundedMap<V> {
  /** Undefined = never there or expired. */
  get(key: string): V | undefined;
  /** Throws `resource_exhausted` (`storage.full`) when the key is new and only living entries fill the map. */
  set(key: string, value: V): void;
  /** Lets go of what has expired. */
  sweep(): void;
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
    if (entries.size >= maxEntries) {
      throw new TesseraError({
        kind: 'resource_exhausted',
        code: 'storage.full',
        message: 'the store in memory is full',
      });
    }
  };
  return {
    get(key) {
      const value = entries.get(key);
      return value === undefined || isExpired(value, clock.now()) ? undefined : value;
    },
    set(key, value) {
      if (!entries.has(key)) makeRoom();
      entries.set(key, value);
      nothingExpiresBefore = Math.min(nothingExpiresBefore, expiresAt(value)?.getTime() ?? nothingExpiresBefore);
    },
    sweep,
  };
}
