import type { Clock } from '@tessera/clock';
import type { RotationToReopen, Storage } from '@tessera/contracts';
import { createRequestId, currentContext, type Logger, runInContext } from '@tessera/telemetry';

/** What is known of a rotation whose answer could not be given. */
export type RotationKnowledge =
  /** It is done. */
  | 'rotated'
  /** It may be done, or may still come about. */
  | 'unknown';

/** Takes care that the client of an answer that could not be given may come again with the token it has (RFC 9700 §4.14.2). */
export interface RotationReopener {
  /**
   * Reopens a rotation. Settles after the first attempt, half a second at most, and never rejects; further attempts go on
   * in the background until one succeeds: for as long as storage does not answer, 10 min at most, and for 10 s from its
   * first answer. What may be done and is seen to already, is not taken on again.
   */
  reopen(rotation: RotationToReopen, knowledge: RotationKnowledge): Promise<void>;
  /**
   * Whether the predecessor may be presented again. Where the rotation may be done and is seen to, storage is asked to
   * reopen it first, half a second at most; false: it does not answer, and would take the predecessor for a reuse if it
   * came back this moment. True at once for all others.
   */
  mayRepeat(rotation: RotationToReopen): Promise<boolean>;
  /** The rotation was answered after all: what may be done is not seen to any more. */
  answered(rotation: RotationToReopen): void;
  /** Gives up what is under way. */
  close(): void;
}

/** What reopening needs. */
export interface RotationReopenerOptions {
  readonly storage: Pick<Storage, 'reopenRotation'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most rotations under way; those beyond are left as they are. Default 1,000. */
  readonly maxUnderWay?: number;
}

/** Longer than a rotation that is on its way can take. */
const WINDOW_MS = 10_000;
/** A client that asks again and again through an outage must not find its session gone at the end of it. */
const LONGEST_OUTAGE_MS = 600_000;
const ATTEMPT_MS = 500;
const FIRST_PAUSE_MS = 100;
/** Shorter than clients are told to wait before they come again, to whichever replica of this service. */
const LONGEST_PAUSE_MS = 500;
const DEFAULT_MAX_UNDER_WAY = 1_000;

/** An attempt to reopen: done, not as the storage has it, or not answered. */
type Attempt = 'reopened' | 'not_reopened' | 'failed';

/** Reopens rotations, bounded in number and time. */
export function createRotationReopener(options: RotationReopenerOptions): RotationReopener {
  const { storage, clock, logger, maxUnderWay = DEFAULT_MAX_UNDER_WAY } = options;
  const pauses = createPauses(clock);
  let underWay = 0;
  /** Those that may be done: a client that is not answered asks again and again, and each time the same is not known. */
  const unknown = new Set<string>();

  /** Under a deadline of its own: the request's may be what ran out. */
  const attempt = (rotation: RotationToReopen, requestId: string): Promise<Attempt> =>
    runInContext({ requestId, deadlineMs: performance.now() + ATTEMPT_MS }, () =>
      storage.reopenRotation(rotation).then(
        (isReopened) => (isReopened ? 'reopened' : 'not_reopened'),
        () => 'failed',
      ),
    );

  const keepTrying = async (
    first: Promise<Attempt>,
    again: () => Promise<Attempt>,
    isOver: (last: Attempt) => boolean,
  ) => {
    const giveUpMs = clock.monotonicMs() + LONGEST_OUTAGE_MS;
    let endMs = giveUpMs;
    let last = await first;
    for (let backOffMs = FIRST_PAUSE_MS; !isOver(last); backOffMs *= 2) {
      const pauseMs = pauseOf(clock, backOffMs);
      if (last !== 'failed' && endMs === giveUpMs) endMs = Math.min(giveUpMs, clock.monotonicMs() + WINDOW_MS);
      if (clock.monotonicMs() + pauseMs > endMs) break;
      await pauses.pause(pauseMs);
      if (pauses.isClosed() || isOver(last)) break;
      last = await again();
    }
    return last;
  };

  return {
    async reopen(rotation, knowledge) {
      const fields = { grant_id: rotation.grantId };
      const key = keyOf(rotation);
      if (pauses.isClosed() || (knowledge === 'unknown' && unknown.has(key))) return;
      if (underWay >= maxUnderWay) {
        logger.warn(fields, 'a rotation is left as it is, too many are being reopened');
        return;
      }
      underWay += 1;
      if (knowledge === 'unknown') unknown.add(key);
      const requestId = currentContext()?.requestId ?? createRequestId();
      const again = (): Promise<Attempt> => attempt(rotation, requestId);
      const first = again();
      // What storage says of a rotation that may still come about is not its last word.
      const isOver = (last: Attempt): boolean =>
        last === 'reopened' || (knowledge === 'rotated' ? last === 'not_reopened' : !unknown.has(key));
      void keepTrying(first, again, isOver).then((last) => {
        underWay -= 1;
        const isLost = last === 'failed' && (knowledge === 'rotated' || unknown.has(key));
        if (knowledge === 'unknown') unknown.delete(key);
        if (isLost) logger.warn(fields, 'a rotation without an answer could not be reopened');
        else logger.debug({ ...fields, is_reopened: last === 'reopened' }, 'a rotation had no answer');
      });
      await first;
    },
    async mayRepeat(rotation) {
      const key = keyOf(rotation);
      if (!unknown.has(key)) return true;
      const outcome = await attempt(rotation, currentContext()?.requestId ?? createRequestId());
      if (outcome === 'reopened') unknown.delete(key);
      return outcome !== 'failed';
    },
    answered(rotation) {
      unknown.delete(keyOf(rotation));
    },
    close: () => pauses.close(),
  };
}

/** The longest pauses end together, so that what is tried again through an outage travels in few calls. */
function pauseOf(clock: Pick<Clock, 'monotonicMs'>, backOffMs: number): number {
  if (backOffMs < LONGEST_PAUSE_MS) return backOffMs;
  return Math.ceil(LONGEST_PAUSE_MS - (clock.monotonicMs() % LONGEST_PAUSE_MS));
}

function keyOf({ grantId, generation }: RotationToReopen): string {
  return `${grantId} ${generation}`;
}

/** Pauses that all end when they are closed; those begun after that are none. */
function createPauses(clock: Pick<Clock, 'schedule'>) {
  const wakers = new Set<() => void>();
  let isClosed = false;
  return {
    isClosed: () => isClosed,
    pause(pauseMs: number): Promise<void> {
      if (isClosed) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          wakers.delete(wake);
          timer.cancel();
          resolve();
        };
        const timer = clock.schedule(pauseMs, wake);
        wakers.add(wake);
      });
    },
    close() {
      isClosed = true;
      for (const wake of [...wakers]) wake();
    },
  };
}
