import type { Clock } from '@tessera/clock';

/** Lets so many events through, and no more. */
export interface FloodGate {
  /** Whether there is room for another event of this type and key now; it is taken then. */
  admits(type: string, key: string): boolean;
}

/** How much a bucket holds, how fast it fills again, and how many of them there are before the oldest is forgotten. */
interface BucketOptions {
  readonly burst: number;
  readonly perSecond: number;
  readonly most: number;
}

const OF_A_TYPE: BucketOptions = { burst: 250, perSecond: 50, most: 100 };
const OF_A_KEY: BucketOptions = { burst: 50, perSecond: 10, most: 1000 };

/**
 * Of each type 50 a second and 250 at once after a quiet time, of which one key has 10 a second and 50 at once. Anybody may
 * fail to sign in ten thousand times a second: that must not become ten thousand rows a second, nor hide what is tried at
 * another client meanwhile.
 */
export function createFloodGate(clock: Pick<Clock, 'monotonicMs'>): FloodGate {
  const [ofType, ofKey] = [createBuckets(clock, OF_A_TYPE), createBuckets(clock, OF_A_KEY)];
  return { admits: (type, key) => ofKey(`${type} ${key}`) && ofType(type) };
}

/** Takes one from the bucket of this name, if there is one in it. */
function createBuckets(clock: Pick<Clock, 'monotonicMs'>, { burst, perSecond, most }: BucketOptions) {
  const buckets = new Map<string, { readonly room: number; readonly atMs: number }>();
  return (name: string): boolean => {
    const atMs = clock.monotonicMs();
    const before = buckets.get(name) ?? { room: burst, atMs };
    const room = Math.min(burst, before.room + ((atMs - before.atMs) / 1000) * perSecond);
    // Set anew it is the youngest, so that the first one is that which was not asked for longest.
    buckets.delete(name);
    buckets.set(name, { room: room >= 1 ? room - 1 : room, atMs });
    for (const oldest of buckets.keys()) {
      if (buckets.size <= most) break;
      buckets.delete(oldest);
    }
    return room >= 1;
  };
}
