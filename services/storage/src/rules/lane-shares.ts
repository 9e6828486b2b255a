import { LANES } from './lanes.ts';

/** Who works on the lanes of the outbox, and until when each is taken to live. */
export interface LaneShares {
  /** Milliseconds since the epoch, by worker. */
  readonly workers: Readonly<Record<string, number>>;
  /** The worker of each lane; null = nobody's. */
  readonly lanes: readonly (string | null)[];
}

/** What a worker says of itself. */
export interface LaneClaim {
  readonly workerId: string;
  readonly leaseSeconds: number;
}

/** Nobody works. */
export const noLaneShares: LaneShares = { workers: {}, lanes: Array.from({ length: LANES }, () => null) };

/**
 * The shares after a sign of life of a worker: workers whose lease ended are forgotten, and the worker has its fair share of
 * the lanes, as far as nobody else holds them. Who holds more than that lets go when it comes next, so that a lane never
 * has two workers.
 */
export function claimLanes(shares: LaneShares, { workerId, leaseSeconds }: LaneClaim, now: Date): LaneShares {
  const nowMs = now.getTime();
  const living = Object.entries(shares.workers).filter(([id, untilMs]) => id !== workerId && untilMs > nowMs);
  const workers = Object.fromEntries([...living, [workerId, nowMs + leaseSeconds * 1000]]);
  const owners = shares.lanes.map((owner) => (owner !== null && Object.hasOwn(workers, owner) ? owner : null));
  const share = fairShare(Object.keys(workers), workerId);
  let held = 0;
  const kept = owners.map((owner) => {
    if (owner !== workerId) return owner;
    held += 1;
    return held > share ? null : owner;
  });
  let free = share - Math.min(held, share);
  const lanes = kept.map((owner, lane) => {
    // A lane let go of just now is for another worker.
    if (owner !== null || owners[lane] === workerId || free === 0) return owner;
    free -= 1;
    return workerId;
  });
  return { workers, lanes };
}

/** The shares after a worker ended. */
export function releaseLanes(shares: LaneShares, workerId: string): LaneShares {
  const workers = Object.fromEntries(Object.entries(shares.workers).filter(([id]) => id !== workerId));
  return { workers, lanes: shares.lanes.map((owner) => (owner === workerId ? null : owner)) };
}

/** The lanes of a worker. */
export function lanesOf(shares: LaneShares, workerId: string): readonly number[] {
  return shares.lanes.flatMap((owner, lane) => (owner === workerId ? [lane] : []));
}

/** What every worker reckons alike: the lanes by the number of workers, the rest one each to the first by name. */
function fairShare(workerIds: readonly string[], workerId: string): number {
  const place = workerIds.toSorted().indexOf(workerId);
  return Math.floor(LANES / workerIds.length) + (place < LANES % workerIds.length ? 1 : 0);
}
