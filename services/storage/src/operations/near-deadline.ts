import type { Clock } from '@tessera/clock';
import { currentContext } from '@tessera/telemetry';

/** Kept back from the caller's deadline for the statement under way and the answer. */
const MARGIN_MS = 2000;

/** Whether the caller would not hear of another statement. Never where there is no deadline. */
export function isDeadlineNear(clock: Clock): boolean {
  const deadlineMs = currentContext()?.deadlineMs;
  return deadlineMs !== undefined && clock.monotonicMs() > deadlineMs - MARGIN_MS;
}
