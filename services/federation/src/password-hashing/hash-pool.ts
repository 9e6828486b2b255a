import { TesseraError } from '@tessera/errors';
import { assertTimeLeft, callDeadlineMs } from '@tessera/rpc';

/** Runs slow hashes a few at a time. */
export interface HashPool {
  /** Throws TesseraError `resource_exhausted` when the queue is full, `deadline_exceeded` when its turn came too late. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** How much the pool takes. */
export interface HashPoolLimits {
  /** Hashes at one time. */
  readonly concurrency: number;
  /** Hashes that wait. */
  readonly maxQueued: number;
}

const LONGEST_WAIT_MS = 10_000;

/** A pool that turns callers away rather than letting them all wait: a flood of sign-ins must not stop the process. */
export function createHashPool({ concurrency, maxQueued }: HashPoolLimits): HashPool {
  let running = 0;
  const waiting: (() => void)[] = [];

  const takeTurn = async (): Promise<void> => {
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= maxQueued) {
      throw new TesseraError({
        kind: 'resource_exhausted',
        code: 'federation.password_checks_exhausted',
        message: `${waiting.length} password checks are waiting already`,
        retryAfterSeconds: 1,
      });
    }
    const turn = Promise.withResolvers<void>();
    waiting.push(turn.resolve);
    await turn.promise;
  };
  // A turn passes straight on to the next in line, so that nobody can take it in between.
  const passOn = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    async run(work) {
      const deadlineMs = callDeadlineMs(LONGEST_WAIT_MS);
      await takeTurn();
      try {
        assertTimeLeft(deadlineMs, 'the password check');
        return await work();
      } finally {
        passOn();
      }
    },
  };
}
