import type { Clock, Timer } from '@tessera/clock';
import { currentContext } from '@tessera/telemetry';
import type { RecordKind, RecordStore } from '../ports.ts';

/** Waits for records of a kind to change. */
export interface RevisionWatch {
  /** The present revision of a watched kind. Callers of one moment share one statement. */
  revisionOf(kind: RecordKind): Promise<number>;
  /** Until when a caller may wait: their deadline is near then, or 20 s are over. In milliseconds of the monotonic clock. */
  longestWait(): number;
  /**
   * The revision of a kind as soon as it is another than `known`; undefined at `untilMs`, or when the watch ends. Rejects
   * when the store cannot be asked.
   */
  waitForOther(kind: RecordKind, known: number, untilMs: number): Promise<number | undefined>;
  /** Ends all waiting. */
  close(): void;
}

/** How a watch is made. */
export interface RevisionWatchOptions {
  readonly clock: Clock;
  readonly store: Pick<RecordStore, 'revisions'>;
}

interface Waiter {
  readonly kind: RecordKind;
  readonly known: number;
  readonly settle: (revision: number | undefined) => void;
  readonly fail: (reason: unknown) => void;
}

const POLL_MS = 1000;
const MAX_WAIT_MS = 20_000;
/** Kept back from the caller's deadline for the answer. */
const MARGIN_MS = 1000;

/**
 * A watch that asks the store once a second, for all kinds and all who wait together, and not at all while nobody does: a
 * change reaches everybody within two seconds.
 */
export function createRevisionWatch({ clock, store }: RevisionWatchOptions): RevisionWatch {
  const waiters = new Set<Waiter>();
  let underWay: ReturnType<RecordStore['revisions']> | undefined;
  let poll: Timer | undefined;
  let isClosed = false;

  const read = async (): ReturnType<RecordStore['revisions']> => {
    underWay ??= store.revisions().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const ask = async (): Promise<void> => {
    try {
      const revisions = await read();
      for (const waiter of [...waiters]) {
        const revision = revisions[waiter.kind] ?? 0;
        if (waiter.known !== revision) waiter.settle(revision);
      }
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
  const wait = (kind: RecordKind, known: number, waitMs: number): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiters.delete(waiter);
        timeout.cancel();
      };
      const waiter: Waiter = {
        kind,
        known,
        settle: (revision) => {
          leave();
          resolve(revision);
        },
        fail: (reason) => {
          leave();
          reject(reason);
        },
      };
      const timeout = clock.schedule(waitMs, () => waiter.settle(undefined));
      waiters.add(waiter);
      schedule();
    });
  return {
    revisionOf: async (kind) => (await read())[kind] ?? 0,
    longestWait() {
      const deadlineMs = currentContext()?.deadlineMs ?? Number.POSITIVE_INFINITY;
      return Math.min(clock.monotonicMs() + MAX_WAIT_MS, deadlineMs - MARGIN_MS);
    },
    async waitForOther(kind, known, untilMs) {
      const revision = (await read())[kind] ?? 0;
      if (revision !== known) return revision;
      const waitMs = untilMs - clock.monotonicMs();
      return isClosed || waitMs <= 0 ? undefined : wait(kind, known, waitMs);
    },
    close() {
      isClosed = true;
      poll?.cancel();
      for (const waiter of [...waiters]) waiter.settle(undefined);
    },
  };
}
