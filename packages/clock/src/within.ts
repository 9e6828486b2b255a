import type { Clock } from './clock.ts';

/** Waits for work, `delayMs` at most. Rejects as the work does in that time; a later rejection is nobody's. */
export async function within(clock: Pick<Clock, 'schedule'>, delayMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(delayMs, resolve);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}
