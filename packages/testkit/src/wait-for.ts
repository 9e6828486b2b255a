import { setTimeout as delay } from 'node:timers/promises';

/** How {@link waitFor} waits. */
export interface WaitOptions {
  /** What is waited for, as it stands in the error: "Redis to answer PING". */
  readonly what: string;
  /** Gives up after so many milliseconds; 10,000 when left out. */
  readonly timeoutMs?: number;
  /** Pause between two attempts in milliseconds; 20 when left out. */
  readonly intervalMs?: number;
  /** Stops waiting at once; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a condition may answer for "not yet". */
type NotYet = false | undefined | null;

/**
 * Asks `condition` again and again until it answers something else than `false`, `undefined` or `null`, and returns
 * that answer. A condition that throws counts as "not yet"; its last error becomes the `cause` of the time-out.
 *
 * @throws Error when the time is over, also while a single attempt hangs.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, NotYet>> {
  const { what, timeoutMs = 10_000, intervalMs = 20, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    try {
      const answer = await within(condition, deadline - performance.now());
      if (isAnswer(answer)) return answer;
    } catch (error) {
      lastError = error;
    }
    await delay(intervalMs, undefined, signal ? { signal } : {});
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: lastError });
}

async function within<T>(condition: () => T | Promise<T>, remainingMs: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    const timeout = delay(Math.max(1, remainingMs), undefined, { signal: over.signal });
    timeout.catch(() => undefined);
    return await Promise.race([condition(), timeout]);
  } finally {
    over.abort();
  }
}

function isAnswer<T>(value: T | undefined): value is Exclude<T, NotYet> {
  return value !== false && value !== undefined && value !== null;
}
