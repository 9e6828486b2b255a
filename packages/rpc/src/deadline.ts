import { TesseraError } from '@tessera/errors';
import { currentContext } from '@tessera/telemetry';

/** Deadline of a call in milliseconds of `performance.now()`: the running work's, or `defaultMs` from now, whichever is earlier. */
export function callDeadlineMs(defaultMs: number): number {
  const limit = performance.now() + defaultMs;
  const inherited = currentContext()?.deadlineMs;
  return inherited === undefined ? limit : Math.min(limit, inherited);
}

/** Throws `deadline_exceeded` when nothing is left of a deadline: work for an answer nobody waits for is not begun. */
export function assertTimeLeft(deadlineMs: number, what: string): void {
  if (deadlineMs - performance.now() <= 0) {
    throw new TesseraError({
      kind: 'deadline_exceeded',
      code: 'rpc.deadline_exceeded',
      message: `no time left to call ${what}`,
    });
  }
}
