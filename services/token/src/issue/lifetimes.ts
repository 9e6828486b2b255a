import { addSeconds } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';

/** When what is issued at one moment ends. */
export interface Expiries {
  readonly accessToken: Date;
  readonly idToken: Date;
  /** When the last of the two has ended: how long a grant without refresh token is kept. */
  readonly lastToken: Date;
  /** When a refresh-token family ends that begins now; undefined = never. */
  readonly refreshFamily: Date | undefined;
}

/** The ends of tokens issued at `now`, by the configured lifetimes. */
export function expiriesAt(now: Date, expiry: TesseraConfig['expiry']): Expiries {
  const { idTokensSeconds, accessTokensSeconds } = expiry;
  const { absoluteLifetimeSeconds } = expiry.refreshTokens;
  return {
    accessToken: addSeconds(now, accessTokensSeconds),
    idToken: addSeconds(now, idTokensSeconds),
    lastToken: addSeconds(now, Math.max(idTokensSeconds, accessTokensSeconds)),
    refreshFamily: absoluteLifetimeSeconds === 0 ? undefined : addSeconds(now, absoluteLifetimeSeconds),
  };
}

/** When a refresh token is too long unused (Dex's `validIfNotUsedFor`); undefined = never. */
export function idleExpiry(lastUsedAt: Date, expiry: TesseraConfig['expiry']): Date | undefined {
  const { validIfNotUsedForSeconds } = expiry.refreshTokens;
  return validIfNotUsedForSeconds === 0 ? undefined : addSeconds(lastUsedAt, validIfNotUsedForSeconds);
}
