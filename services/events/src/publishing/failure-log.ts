import type { Clock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';

/** Tells the operator of trouble without repeating itself. */
export interface FailureLog {
  failed(error: unknown): void;
  worked(): void;
}

const REPEAT_MS = 60_000;
/** Most reasons that are told in that time. */
const MOST_REASONS = 10;

/** Logs a failure when it begins, each reason once a minute, ten lines a minute at most, and its end. */
export function createFailureLog(clock: Clock, logger: Logger): FailureLog {
  let since: number | undefined;
  const toldAt = new Map<string, number>();
  return {
    failed(error) {
      const now = clock.monotonicMs();
      const text = error instanceof Error ? error.message : String(error);
      since ??= now;
      for (const [told, at] of toldAt) if (now - at >= REPEAT_MS) toldAt.delete(told);
      if (toldAt.has(text) || toldAt.size >= MOST_REASONS) return;
      toldAt.set(text, now);
      logger.warn({ err: error }, 'events cannot be published and wait in the outbox');
    },
    worked() {
      if (since === undefined) return;
      const seconds = Math.round((clock.monotonicMs() - since) / 1000);
      logger.info({ seconds }, 'events are published again');
      since = undefined;
      toldAt.clear();
    },
  };
}
