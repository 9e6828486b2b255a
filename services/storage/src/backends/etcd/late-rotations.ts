import { setTimeout as sleep } from 'node:timers/promises';
import type { RotationToReopen } from '@tessera/contracts';
import { createRequestId, runInContext } from '@tessera/telemetry';

/** A rotation that was sent to the store. */
export interface SentRotation {
  readonly rotation: RotationToReopen;
  readonly judgedAt: Date;
  /** Then, by `performance.now()`. */
  readonly sentMs: number;
}

/**
 * Rotations whose answer came late or not at all. etcd cannot be told to leave a transaction that it comes to too late, and
 * whoever presented the token will come again with it: so its reuse interval starts anew when the rotation is known to have
 * been made.
 */
export interface LateRotations {
  /** Reopens a rotation that took long, before it is answered. Where that fails the interval stays as it is. */
  reopenSlow(sent: SentRotation): Promise<void>;
  /** Reopens a rotation without an answer as soon as the store has one; in the background, and for a while only. */
  follow(sent: SentRotation): void;
  close(): void;
}

const SLOW_MS = 500;
const MAX_FOLLOWED = 1000;
const MAX_ATTEMPTS = 30;
const PAUSE_MS = 250;

/** @param reopen what reopens one; rejects while the store does not answer */
export function createLateRotations(
  reopen: (rotation: RotationToReopen, now: Date) => Promise<unknown>,
): LateRotations {
  const closing = new AbortController();
  let followed = 0;
  const isReopened = ({ rotation, judgedAt, sentMs }: SentRotation): Promise<boolean> => {
    const now = new Date(judgedAt.getTime() + performance.now() - sentMs);
    return reopen(rotation, now).then(
      () => true,
      () => false,
    );
  };
  const follow = async (sent: SentRotation): Promise<void> => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS && !closing.signal.aborted; attempt += 1) {
      if (await isReopened(sent)) return;
      await sleep(PAUSE_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };
  return {
    async reopenSlow(sent) {
      if (performance.now() - sent.sentMs > SLOW_MS) await isReopened(sent);
    },
    follow(sent) {
      if (followed >= MAX_FOLLOWED) return;
      followed += 1;
      // Without the deadline of the call that is over.
      void runInContext({ requestId: createRequestId() }, () => follow(sent)).finally(() => {
        followed -= 1;
      });
    },
    close: () => closing.abort(),
  };
}
