import type { Clock } from '@tessera/clock';

/** Guards against guessing of clients' secrets (RFC 6749 §2.3.1). */
export interface FailureLimit {
  /** Whole seconds until attempts are looked at again; 0 = now. */
  waitSeconds(clientId: string, source: string): number;
  note(clientId: string, source: string): void;
  /** Ends the count after a success. */
  forget(clientId: string, source: string): void;
}

interface Failures {
  readonly endsAtMs: number;
  count: number;
}

/** Failures within a minute after which attempts are not looked at until it is over. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Pairs of client and source that are counted at once; the oldest makes room. */
const MAX_COUNTED = 10_000;

/**
 * Counts failures by client and source together, so that nobody can lock a client out elsewhere (N64). Each replica counts
 * for itself: with any number of them a secret of high entropy stays out of reach, and good requests cost nothing.
 */
export function createFailureLimit(clock: Pick<Clock, 'now'>): FailureLimit {
  const counted = new Map<string, Failures>();
  const nowMs = (): number => clock.now().getTime();
  const current = (key: string): Failures | undefined => {
    const failures = counted.get(key);
    if (failures === undefined || failures.endsAtMs > nowMs()) return failures;
    counted.delete(key);
    return undefined;
  };
  return {
    waitSeconds(clientId, source) {
      const failures = current(keyOf(clientId, source));
      if (failures === undefined || failures.count < MAX_FAILURES) return 0;
      return Math.max(1, Math.ceil((failures.endsAtMs - nowMs()) / 1000));
    },
    note(clientId, source) {
      const key = keyOf(clientId, source);
      const failures = current(key);
      if (failures !== undefined) {
        failures.count += 1;
        return;
      }
      const [oldest] = counted.keys();
      if (counted.size >= MAX_COUNTED && oldest !== undefined) counted.delete(oldest);
      counted.set(key, { endsAtMs: nowMs() + WINDOW_MS, count: 1 });
    },
    forget: (clientId, source) => void counted.delete(keyOf(clientId, source)),
  };
}

function keyOf(clientId: string, source: string): string {
  return JSON.stringify([clientId, source]);
}
