import type { Clock, Timer } from '@tessera/clock';
import { currentContext } from '@tessera/telemetry';

/** Waits for the revision of something stored to change. */
export interface RevisionWatch {
  /**
   * True as soon as the revision is another than `known`; false when the caller's deadline is near, after 20 s, or when
   * the watch ends. Rejects when the store cannot be asked.
   */
  waitForOther(known: number): Promise<boolean>;
  /** Ends all waiting. */
  close(): void;
}

/** How a watch is made. */
export interface RevisionWatchOptions {
  readonly clock: Clock;
  readonly readRevision: () => Promise<number>;
}

interface Waiter {
  readonly known: number;
  readonly settle: (hasChanged: boolean) => void;
  readonly fail: (reason: unknown) => void;
}

const POLL_MS = 1000;
const MAX_WAIT_MS = 20_000;
/** Kept back from the caller's deadline for the answer. */
const MARGIN_MS = 1000;

/** A watch that asks the store once a second, for all who wait together, and not at all while nobody does. */
export function createRevisionWatch({ clock, readRevision }: RevisionWatchOptions): RevisionWatch {
  const waiters = new Set<Waiter>();
  let poll: Timer | undefined;
  let isClosed = false;

  const ask = async (): Promise<void> => {
    try {
      const revision = await readRevision();
      for (const waiter of [...waiters]) if (waiter.known !== revision) waiter.settle(true);
    } catch (thrown) {
      for (const waiter of [...waiters]) waiter.fail(thrown);
    }
    poll = undefined;
    schedule();
  };
  const schedule = (): void => {
    if (poll !== undefined || waiters.size === 0) return;
    poll = clock.schedule(POLL_MS, () => void ask());
  };
  const wait = (known: number, waitMs: number): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiters.delete(waiter);
        timeout.cancel();
      };
      const waiter: Waiter = {
        known,
        settle: (hasChanged) => {
          leave();
          resolve(hasChanged);
        },
        fail: (reason) => {
          leave();
          reject(reason);
        },
      };
      const timeout = clock.schedule(waitMs, () => waiter.settle(false));
      waiters.add(waiter);
      schedule();
    });
  return {
    async waitForOther(known) {
      const deadlineMs = currentContext()?.deadlineMs;
      const untilMs = Math.min(clock.monotonicMs() + MAX_WAIT_MS, (deadlineMs ?? Number.POSITIVE_INFINITY) - MARGIN_MS);
      if ((await readRevision()) !== known) return true;
      const waitMs = untilMs - clock.monotonicMs();
      return isClosed || waitMs <= 0 ? false : wait(known, waitMs);
    },
    close() {
      isClosed = true;
      poll?.cancel();
      for (const waiter of [...waiters]) waiter.settle(false);
    },
  };
}
