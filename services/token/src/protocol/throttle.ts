import type { AttemptToCount, Storage } from '@tessera/contracts';
import { OAuthError } from '@tessera/errors';

/**
 * Counts an attempt. Throws OAuthError `temporarily_unavailable` with 429 and `Retry-After` (RFC 6585 §4) when there are too
 * many: it says nothing about what was sent, as it was not looked at. Gives how many there were, this one included.
 */
export async function assertNotTooMany(
  storage: Pick<Storage, 'countAttempt'>,
  attempt: AttemptToCount,
): Promise<number> {
  const { count, isAllowed, retryAfterSeconds } = await storage.countAttempt(attempt);
  if (!isAllowed) throw tooMany(retryAfterSeconds);
  return count;
}

/** There were too many attempts; the next one may come after that many seconds, one at least. */
export function tooMany(retryAfterSeconds: number | undefined): OAuthError {
  return new OAuthError({
    error: 'temporarily_unavailable',
    description: 'There were too many attempts. Try again later.',
    status: 429,
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds ?? 1))) },
  });
}
