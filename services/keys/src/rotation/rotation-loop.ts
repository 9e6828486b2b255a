import type { Clock, Timer } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';

/** The background work of the service. */
export interface RotationLoop {
  /**
   * Resolves at the first success. Rejects when no retry can help: the key-encryption key does not open what is stored, or
   * a stored document is of an unknown format.
   */
  readonly ready: Promise<void>;
  /** Refreshes now, as something is known to have changed; a failure is retried as any other. */
  readonly wake: () => Promise<void>;
  close(): void;
}

/** What the loop is made of. */
export interface RotationLoopOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly refresh: () => Promise<void>;
  /** Delay after a success. */
  readonly nextRefreshMs: () => number;
  /** Called after each success. */
  readonly onRefreshed: () => void;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5000;

/** Refreshes now, then whenever something is due, and after a failure with growing delays. */
export function startRotationLoop(options: RotationLoopOptions): RotationLoop {
  const { clock, logger, refresh, nextRefreshMs, onRefreshed } = options;
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits for readiness learns of the failure; without anybody waiting it must not end the process.
  ready.catch(() => undefined);
  let timer: Timer | undefined;
  let isClosed = false;
  let isReady = false;
  let failures = 0;
  let running: Promise<void> | undefined;

  const runTurn = async (): Promise<void> => {
    try {
      await refresh();
      failures = 0;
      isReady = true;
      resolve();
      if (!isClosed) onRefreshed();
    } catch (error) {
      failures += 1;
      logger.warn({ err: error }, 'the keys could not be refreshed');
      if (!isReady && isHopeless(error)) {
        running = undefined;
        reject(error as Error);
        return;
      }
    }
    // Before the timer is set, which may be due at once.
    running = undefined;
    if (isClosed) return;
    const retryMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    timer = clock.schedule(failures === 0 ? nextRefreshMs() : retryMs, () => void turn());
  };
  const turn = (): Promise<void> => {
    running ??= runTurn();
    return running;
  };

  void turn();
  return {
    ready,
    async wake() {
      // What is under way may have read what was there before.
      await running;
      if (isClosed) return;
      timer?.cancel();
      await turn();
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}

function isHopeless(error: unknown): boolean {
  return error instanceof TesseraError && error.kind === 'invalid_argument' && error.code.startsWith('keys.');
}
