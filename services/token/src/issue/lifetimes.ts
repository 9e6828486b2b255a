import { addSeconds } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Client } from '@tessera/oauth';

/** When what is issued at one moment ends. */
export interface Expiries {
  readonly accessToken: Date;
  readonly idToken: Date;
  /** When the last of the two has ended: how long a grant without refresh token is kept. */
  readonly lastToken: Date;
  /** When a refresh-token family ends that begins now; undefined = never. */
  readonly refreshFamily: Date | undefined;
}

/** How the refresh tokens of a client live. */
export interface RefreshRules {
  /** False: the same token stays good (Dex's `disableRotation`). */
  readonly rotates: boolean;
  readonly reuseIntervalSeconds: number;
  /** Idle lifetime; 0 = none. */
  readonly validIfNotUsedForSeconds: number;
  /** Since the sign-in; 0 = none. */
  readonly absoluteLifetimeSeconds: number;
}

type ExpiryConfig = TesseraConfig['expiry'];
type ClientSettingsOnly = Pick<Client, 'settings'>;

/**
 * The ends of tokens issued to a client at `now`: by its own lifetimes, else by those that are configured for all; no access or
 * ID token ends after `notAfter` (default: no such moment).
 */
export function expiriesAt(now: Date, expiry: ExpiryConfig, client: ClientSettingsOnly, notAfter?: Date): Expiries {
  const accessTokensSeconds = client.settings.accessTokenLifetimeSeconds ?? expiry.accessTokensSeconds;
  const idTokensSeconds = client.settings.idTokenLifetimeSeconds ?? expiry.idTokensSeconds;
  const { absoluteLifetimeSeconds } = refreshRules(client, expiry);
  const endAfter = (seconds: number): Date => {
    const end = addSeconds(now, seconds);
    return notAfter === undefined || end < notAfter ? end : notAfter;
  };
  return {
    accessToken: endAfter(accessTokensSeconds),
    idToken: endAfter(idTokensSeconds),
    lastToken: endAfter(Math.max(idTokensSeconds, accessTokensSeconds)),
    refreshFamily: absoluteLifetimeSeconds === 0 ? undefined : addSeconds(now, absoluteLifetimeSeconds),
  };
}

/** The rules of a client's refresh tokens: its own, else those that are configured for all. */
export function refreshRules({ settings }: ClientSettingsOnly, expiry: ExpiryConfig): RefreshRules {
  const { usage, ...own } = settings.refreshTokens ?? {};
  const { disableRotation, ...common } = expiry.refreshTokens;
  return {
    rotates: usage === undefined ? !disableRotation : usage === 'one-time',
    reuseIntervalSeconds: own.reuseIntervalSeconds ?? common.reuseIntervalSeconds,
    validIfNotUsedForSeconds: own.validIfNotUsedForSeconds ?? common.validIfNotUsedForSeconds,
    absoluteLifetimeSeconds: own.absoluteLifetimeSeconds ?? common.absoluteLifetimeSeconds,
  };
}

/** When a client's refresh token is too long unused (Dex's `validIfNotUsedFor`); undefined = never. */
export function idleExpiry(lastUsedAt: Date, expiry: ExpiryConfig, client: ClientSettingsOnly): Date | undefined {
  const { validIfNotUsedForSeconds } = refreshRules(client, expiry);
  return validIfNotUsedForSeconds === 0 ? undefined : addSeconds(lastUsedAt, validIfNotUsedForSeconds);
}
