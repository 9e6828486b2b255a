import { currentContext } from '@tessera/telemetry';

/** When a statement was sent, for the server to see how late it comes to it. */
export interface SentMoment {
  /** By the server's clock, as far as it is known; null before the first answer. */
  readonly serverTime: string | null;
  /** How long somebody waits for the answer. */
  readonly patienceSeconds: number;
  /** `performance.now()` */
  readonly localMs: number;
}

/** Follows the clock of a server by its answers, so that the clocks of the two machines need not agree. */
export interface ServerMoments {
  sent(): SentMoment;
  /** Takes the server's time, also one that was set meanwhile, out of an answer to what was sent at `moment`. */
  learn(moment: SentMoment, serverTime: Date): void;
}

/** An answer that took longer says too little about when the server looked at its clock. */
const LONGEST_SAMPLE_MS = 500;

/** @param longestWaitMs how long is waited for an answer where the caller sets no deadline. */
export function createServerMoments(longestWaitMs: number): ServerMoments {
  let offsetMs: number | undefined;
  return {
    sent() {
      const localMs = performance.now();
      const deadlineMs = currentContext()?.deadlineMs ?? Number.POSITIVE_INFINITY;
      return {
        localMs,
        serverTime: offsetMs === undefined ? null : new Date(localMs + offsetMs).toISOString(),
        patienceSeconds: Math.min(longestWaitMs, Math.max(0, deadlineMs - localMs)) / 1000,
      };
    },
    learn({ localMs }, serverTime) {
      if (performance.now() - localMs <= LONGEST_SAMPLE_MS) offsetMs = serverTime.getTime() - localMs;
    },
  };
}
