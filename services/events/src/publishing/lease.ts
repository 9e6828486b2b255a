import type { Clock, Timer } from '@tessera/clock';
import type { StorageOutboxApi, TakenEvents } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';

/** The worker's hold on its lanes. */
export interface Lease {
  /** Renews the hold and gives the oldest events. Rejects as storage does. */
  take(limit: number): Promise<TakenEvents>;
  /** False when the hold, or that of a lane, has ended, for all that is known here: another worker may have it. */
  isHeld(): boolean;
  /** Renews the hold from time to time while the work goes on. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the lanes back. Rejects as storage does. */
  release(): Promise<void>;
}

/** What a lease is made of. */
export interface LeaseOptions {
  readonly storage: StorageOutboxApi;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workerId: string;
}

const LEASE_SECONDS = 15;
const RENEWAL_MS = 5_000;

/** Lanes are held for fifteen seconds at a time. */
export function createLease({ storage, clock, logger, workerId }: LeaseOptions): Lease {
  let endsAtMs = Number.NEGATIVE_INFINITY;
  let lanes: readonly number[] = [];
  const ask = async (limit: number): Promise<TakenEvents> => {
    const askedAtMs = clock.monotonicMs();
    const taken = await storage.takeEvents({ workerId, leaseSeconds: LEASE_SECONDS, limit });
    endsAtMs = askedAtMs + LEASE_SECONDS * 1000;
    return taken;
  };
  const renew = async (): Promise<void> => {
    const taken = await ask(1);
    // A lane that is another's by now has events among those in hand.
    if (!lanes.every((lane) => taken.lanes.includes(lane))) endsAtMs = Number.NEGATIVE_INFINITY;
  };
  return {
    async take(limit) {
      const taken = await ask(limit);
      lanes = taken.lanes;
      return taken;
    },
    isHeld: () => clock.monotonicMs() < endsAtMs,
    async during(work) {
      let isOver = false;
      let timer: Timer;
      const keep = (): void => {
        renew()
          .catch((error: unknown) => logger.debug({ err: error }, 'the lease of the outbox was not renewed'))
          .finally(() => {
            if (!isOver) timer = clock.schedule(RENEWAL_MS, keep);
          });
      };
      timer = clock.schedule(RENEWAL_MS, keep);
      try {
        return await work();
      } finally {
        isOver = true;
        timer.cancel();
      }
    },
    release: () => storage.releaseLanes(workerId),
  };
}
