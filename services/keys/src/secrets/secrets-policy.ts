import type { TesseraConfig } from '@tessera/config';
import type { RotationPolicy } from '../rotation/policy.ts';

/** How often master secrets change, and how long each stage of their life lasts. All in seconds. */
export interface SecretsPolicy extends RotationPolicy {
  /** How long consumers may go without asking again. */
  readonly refreshSeconds: number;
}

/** The configuration that decides how long things live that are made with a master secret. */
export type LifetimesConfig = Pick<TesseraConfig, 'expiry' | 'sessions' | 'staticClients'>;

/** Longer than anything is meant to last: what takes so long never happens. In seconds. */
export const UNLIMITED_SECONDS = 1e10;

const REFRESH_SECONDS = 60;
const RELOAD_SECONDS = 30;
const PRE_PUBLICATION_SECONDS = 900;
/** A clock that differs, an answer that travels, a request that takes long. */
const TOLERANCE_SECONDS = 3600;
/** One number is always left for an emergency. */
const MAX_VERSIONS = 254;

/**
 * The rule, so that everybody can check what anybody makes: a consumer asks again after `refresh`, and a replica of this
 * service answers by nothing older than `staleAfter`. So a consumer knows a version `staleAfter + refresh` after it was made
 * at the latest, and with clocks `skew` apart `staleAfter + refresh + skew < prePublication` must hold: by default
 * 450 + 60 + 150 < 900 seconds. What is left over is for consumers that cannot reach us for a while.
 *
 * Versions stay until the longest-lived thing made with them has ended; without an end when there are such things.
 */
export function createSecretsPolicy(config: LifetimesConfig): SecretsPolicy {
  const { masterSecretsSeconds } = config.expiry;
  const rotationSeconds = masterSecretsSeconds === 0 ? UNLIMITED_SECONDS : masterSecretsSeconds;
  const prePublicationSeconds = Math.min(PRE_PUBLICATION_SECONDS, rotationSeconds / 2);
  const spareSeconds = prePublicationSeconds / 6;
  const refreshSeconds = Math.min(REFRESH_SECONDS, spareSeconds);
  return {
    rotationSeconds,
    refreshSeconds,
    maxAgeSeconds: refreshSeconds,
    prePublicationSeconds,
    reloadSeconds: Math.min(RELOAD_SECONDS, spareSeconds),
    staleAfterSeconds: prePublicationSeconds / 2,
    skewSeconds: spareSeconds,
    retentionSeconds: longestLifetimeSeconds(config) + TOLERANCE_SECONDS,
    maxKeysPerSet: MAX_VERSIONS,
  };
}

/**
 * How long the longest-lived thing lasts that is made with a master secret: codes, device codes and the steps of a sign-in,
 * cookies of sessions, reference tokens, refresh tokens, and what connectors keep in sessions and grants. Whatever an upstream
 * is asked with at each refresh is sealed anew by that.
 */
function longestLifetimeSeconds({ expiry, sessions, staticClients }: LifetimesConfig): number {
  const all = [
    expiry.authCodesSeconds,
    expiry.authRequestsSeconds,
    expiry.deviceRequestsSeconds,
    expiry.accessTokensSeconds,
    sessions.absoluteLifetimeSeconds,
    refreshLifetimeSeconds(expiry.refreshTokens),
    ...staticClients.flatMap(({ settings }) => [
      settings.authorizationCodeLifetimeSeconds ?? 0,
      settings.deviceCodeLifetimeSeconds ?? 0,
      settings.accessTokenLifetimeSeconds ?? 0,
      settings.refreshTokens === undefined
        ? 0
        : refreshLifetimeSeconds({
            ...expiry.refreshTokens,
            ...settings.refreshTokens,
            disableRotation:
              settings.refreshTokens.usage === undefined
                ? expiry.refreshTokens.disableRotation
                : settings.refreshTokens.usage === 'reusable',
          }),
    ]),
  ];
  return Math.min(UNLIMITED_SECONDS, Math.max(...all));
}

/**
 * How long one refresh token can be good. With rotation it ends, or is replaced by one of the version of then, when it is used;
 * so its idle lifetime is all. Without, it is used again and again until its grant ends.
 */
function refreshLifetimeSeconds(rules: TesseraConfig['expiry']['refreshTokens']): number {
  const { disableRotation, absoluteLifetimeSeconds, validIfNotUsedForSeconds, reuseIntervalSeconds } = rules;
  const orUnlimited = (seconds: number): number => (seconds === 0 ? UNLIMITED_SECONDS : seconds);
  const grant = orUnlimited(absoluteLifetimeSeconds);
  return (disableRotation ? grant : Math.min(grant, orUnlimited(validIfNotUsedForSeconds))) + reuseIntervalSeconds;
}
