import { addSeconds, type Clock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import type { DurableStore, EphemeralStore } from './ports.ts';
import { GRANT_RETENTION_SECONDS } from './rules/retention.ts';

/** What sweeping needs. */
export interface SweepOptions {
  readonly ephemeral: EphemeralStore;
  readonly durable: DurableStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sweeping under way. */
export interface Sweep {
  /** Ends it and waits for the statement under way. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 60_000;
const BATCH_GRANTS = 500;
/** So that one turn ends, however much there is; the rest waits for the next minute. */
const MAX_BATCHES = 40;

/** Removes expired grants in the background: once a minute, in small batches, one replica at a time. */
export function startSweep({ ephemeral, durable, clock, logger }: SweepOptions): Sweep {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    try {
      await ephemeral.sweep();
      const before = addSeconds(clock.now(), -GRANT_RETENTION_SECONDS);
      for (let batch = 0; batch < MAX_BATCHES && !isStopped; batch += 1) {
        const deleted = await durable.deleteExpiredGrants(before, BATCH_GRANTS);
        if (deleted < BATCH_GRANTS) break;
      }
    } catch (thrown) {
      logger.warn({ err: thrown }, 'expired grants could not be removed');
    }
    if (!isStopped) timer = next();
  };
  const next = () =>
    clock.schedule(INTERVAL_MS, () => {
      running = sweep();
    });
  let timer = next();
  return {
    async stop() {
      isStopped = true;
      timer.cancel();
      await running;
    },
  };
}
