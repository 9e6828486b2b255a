import { createHash } from 'node:crypto';
import type { Storage } from '@tessera/contracts';
import { sourceNetwork } from '@tessera/oauth';

/** User codes that may be tried from one source within a window. */
export const USER_CODES_PER_SOURCE = 10;
/**
 * User codes that may be tried by everybody within a window. Of the 20^8 there are, so few that with a thousand devices waiting
 * at all times nobody hits any of them for weeks; and so many that it takes sixty sources to be in the way of others.
 */
export const USER_CODES_ALTOGETHER = 600;
const WINDOW_SECONDS = 60;

/**
 * Counts a user code that somebody typed, before it is looked up (RFC 8628 §5.1). What a source tries beyond its own share does
 * not count for all, so that one that guesses keeps nobody else from signing in. Undefined: it may be looked up; else how many
 * seconds to wait, one at least.
 */
export async function countUserCode(
  storage: Pick<Storage, 'countAttempt'>,
  remoteAddress: string,
): Promise<number | undefined> {
  const source = createHash('sha256').update(sourceNetwork(remoteAddress)).digest('base64url');
  const limits = [
    { key: `user_code:${source}`, limit: USER_CODES_PER_SOURCE },
    { key: 'user_code', limit: USER_CODES_ALTOGETHER },
  ];
  for (const attempt of limits) {
    const { isAllowed, retryAfterSeconds } = await storage.countAttempt({ ...attempt, windowSeconds: WINDOW_SECONDS });
    if (!isAllowed) return Math.max(1, Math.ceil(retryAfterSeconds));
  }
  return undefined;
}
