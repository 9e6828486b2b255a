import type { Clock, Timer } from '@tessera/clock';
import type { KeySetStorage } from '../ports.ts';

/** Learns of changes in storage as they are made. */
export interface StorageWatch {
  close(): void;
}

/** What is watched. */
export interface StorageWatchOptions {
  readonly storage: Pick<KeySetStorage, 'getKeySet'>;
  /** Name of the document. */
  readonly name: string;
  /** The version that is known; 0 = none, which cannot be waited on. */
  readonly knownVersion: () => number;
  readonly clock: Clock;
  /** Called for a version other than the one that is known; what it gives is waited for before storage is asked again. */
  readonly onChange: () => Promise<void>;
}

/** Between two questions, also where storage answers at once. */
const SHORTEST_PAUSE_MS = 1000;
/** After a failure, and while nothing is known. */
const RETRY_PAUSE_MS = 5000;

/**
 * Keeps one question open at storage, which answers when the document changes, or when the time of a call is over (20 s, or
 * `rpc.deadline`): an order reaches every replica within two seconds, and a replica with nothing to learn asks about as often
 * as its calls may take long. It is no more than a hint: whatever it misses, the timer of the loop finds.
 */
export function startStorageWatch(options: StorageWatchOptions): StorageWatch {
  const { storage, name, knownVersion, clock, onChange } = options;
  let timer: Timer | undefined;
  let isClosed = false;

  const ask = async (): Promise<number> => {
    const known = knownVersion();
    if (known === 0) return RETRY_PAUSE_MS;
    const { version } = await storage.getKeySet(name, known);
    if (isClosed || version === known) return SHORTEST_PAUSE_MS;
    if (knownVersion() === known) await onChange();
    // Where what is new could not be taken over, storage would answer at once again.
    return knownVersion() === known ? RETRY_PAUSE_MS : SHORTEST_PAUSE_MS;
  };
  const turn = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const pauseMs = await ask().catch(() => RETRY_PAUSE_MS);
    if (isClosed) return;
    const waitedMs = clock.monotonicMs() - startedMs;
    timer = clock.schedule(Math.max(0, pauseMs - waitedMs), () => void turn());
  };

  timer = clock.schedule(SHORTEST_PAUSE_MS, () => void turn());
  return {
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
