import type { Clock, Timer } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';

/** A value kept fresh in process. */
export interface Watch<T> {
  /** The latest value; undefined until the first load. */
  current(): T | undefined;
  /** Settles with the first load; until then it keeps trying. Rejects only with an error `isFatal` names. */
  ready(): Promise<void>;
  /** Loads again now, once for all who ask meanwhile. */
  refresh(): Promise<void>;
  close(): void;
}

/** What is watched, and how often. */
export interface WatchOptions<T> {
  /** For the log, e.g. `clients`. */
  readonly what: string;
  /** Loads the value; given the one already known, it may wait for a change. */
  readonly load: (known: T | undefined) => Promise<T>;
  /** Pause after a load; 0 for loads that themselves wait for a change. */
  readonly pauseMs: (value: T) => number;
  /** Errors that trying again cannot mend. */
  readonly isFatal?: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pauses after failures in a row: neighbours that start together find one another soon, one that is down is left in peace. */
const RETRY_PAUSES_MS = [50, 100, 200, 500] as const;
const LONGEST_RETRY_PAUSE_MS = 500;
/** Failures in a row after which it is worth a line in the log. */
const FAILURES_WORTH_A_WARNING = 4;
/** Two loads are never closer than this, so that a source that answers at once cannot be asked in a tight loop. */
const SHORTEST_PAUSE_MS = 100;

/**
 * Loads a value and keeps loading it for as long as it is open. A source that fails leaves the last value standing:
 * what is known stays in use, and the next try comes after half a second at the latest.
 */
export function createWatch<T>(options: WatchOptions<T>): Watch<T> {
  let value: T | undefined;
  let isClosed = false;
  let failures = 0;
  let timer: Timer | undefined;
  let loading: Promise<void> | undefined;
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);

  /** Loads once; says how long to wait before the next time. */
  const load = async (known: T | undefined): Promise<number> => {
    try {
      const loaded = await options.load(known);
      if (loaded !== known) value = loaded;
      if (failures >= FAILURES_WORTH_A_WARNING) options.logger.info({ what: options.what }, 'is up to date again');
      failures = 0;
      first.resolve();
      return Math.max(SHORTEST_PAUSE_MS, options.pauseMs(loaded));
    } catch (error) {
      if (options.isFatal?.(error) === true) first.reject(error);
      const pauseMs = RETRY_PAUSES_MS[failures] ?? LONGEST_RETRY_PAUSE_MS;
      failures += 1;
      if (failures === FAILURES_WORTH_A_WARNING && !isClosed) {
        options.logger.warn({ what: options.what, err: error }, 'cannot be loaded, keeps trying');
      }
      return pauseMs;
    }
  };

  const keepLoading = async (): Promise<void> => {
    const pauseMs = await load(value);
    if (!isClosed) timer = options.clock.schedule(pauseMs, () => void keepLoading());
  };

  void keepLoading();
  return {
    current: () => value,
    ready: () => first.promise,
    refresh() {
      loading ??= load(undefined).then(() => {
        loading = undefined;
      });
      return loading;
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
