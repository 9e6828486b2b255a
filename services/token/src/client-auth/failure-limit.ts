import type { Clock } from '@tessera/clock';
import { sourceNetwork } from '@tessera/oauth';

/** Guards against guessing of the secrets of clients (RFC 6749 §2.3.1) and of API resources, by name and remote address. */
export interface FailureLimit {
  /** Whole seconds until attempts are looked at again; 0 = now. */
  waitSeconds(name: string, remoteAddress: string): number;
  /** Counts a wrong secret. To be asked for names that are known alone: others have no secret, and would fill the counters. */
  note(name: string, remoteAddress: string): void;
  /** Ends the count after a success. */
  forget(name: string, remoteAddress: string): void;
}

interface Failures {
  readonly endsAtMs: number;
  count: number;
}

/** Failures within a minute after which attempts are not looked at until it is over. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Pairs of name and source that are counted at once; the oldest makes room. */
const MAX_COUNTED = 10_000;

/**
 * Counts failures by name and source network together, so that nobody can lock a client out elsewhere (N64). Each replica
 * counts for itself: with any number of them a secret of high entropy stays out of reach, and good requests cost no call.
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
    waitSeconds(name, remoteAddress) {
      const failures = current(keyOf(name, remoteAddress));
      if (failures === undefined || failures.count < MAX_FAILURES) return 0;
      return Math.max(1, Math.ceil((failures.endsAtMs - nowMs()) / 1000));
    },
    note(name, remoteAddress) {
      const key = keyOf(name, remoteAddress);
      const failures = current(key);
      if (failures !== undefined) {
        failures.count += 1;
        return;
      }
      const [oldest] = counted.keys();
      if (counted.size >= MAX_COUNTED && oldest !== undefined) counted.delete(oldest);
      counted.set(key, { endsAtMs: nowMs() + WINDOW_MS, count: 1 });
    },
    forget: (name, remoteAddress) => void counted.delete(keyOf(name, remoteAddress)),
  };
}

function keyOf(name: string, remoteAddress: string): string {
  return JSON.stringify([name, sourceNetwork(remoteAddress)]);
}
