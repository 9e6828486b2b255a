import { addSeconds, type Clock, createPause } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { DurableStore, EphemeralStore } from './ports.ts';
import { GRANT_RETENTION_SECONDS } from './rules/retention.ts';

/** What sweeping needs. */
export interface SweepOptions {
  readonly ephemeral: Pick<EphemeralStore, 'sweep'>;
  readonly durable: Pick<DurableStore, 'deleteEndedGrants' | 'deleteExpiredRecords'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sweeping under way. */
export interface Sweep {
  /** Ends it and waits for the statement under way. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 60_000;
const BATCH = 1000;
const LEAST_PAUSE_MS = 20;
/** Expired records answer nobody any more; they stay as long as the clocks of replicas may differ. */
const RECORD_RETENTION_SECONDS = 60;

/**
 * Removes ended grants and expired records in the background, one replica at a time: once a minute, and as long as there is
 * more than a batch at once. After each batch it rests as long as the batch took, so that traffic has the other half.
 */
export function startSweep({ ephemeral, durable, clock, logger }: SweepOptions): Sweep {
  const pause = createPause(clock);
  const clear = async (deleteBatch: () => Promise<number>): Promise<void> => {
    while (!pause.isEnded()) {
      const startedMs = clock.monotonicMs();
      if ((await deleteBatch()) < BATCH) return;
      await pause.for(Math.max(LEAST_PAUSE_MS, clock.monotonicMs() - startedMs));
    }
  };
  const before = (retentionSeconds: number): Date => addSeconds(clock.now(), -retentionSeconds);
  const turns: readonly (() => Promise<void>)[] = [
    () => ephemeral.sweep(),
    () => clear(() => durable.deleteEndedGrants(before(GRANT_RETENTION_SECONDS), BATCH)),
    () => clear(() => durable.deleteExpiredRecords(before(RECORD_RETENTION_SECONDS), BATCH)),
  ];
  const run = async (): Promise<void> => {
    for (;;) {
      await pause.for(INTERVAL_MS);
      for (const turn of turns) {
        if (pause.isEnded()) return;
        await turn().catch((thrown: unknown) => {
          // A store that moved elsewhere refuses this too, and says so to whoever tries to change it.
          if (TesseraError.from(thrown).code === 'storage.retired') return;
          logger.warn({ err: thrown }, 'what has expired could not be removed');
        });
      }
    }
  };
  const running = run();
  return {
    async stop() {
      pause.end();
      await running;
    },
  };
}
