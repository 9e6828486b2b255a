import type { Clock, Timer } from '@tessera/clock';
import { createRequestId, type Logger, runInContext } from '@tessera/telemetry';
import { isVaultRefusal } from './vault-errors.ts';
import type { VaultAnswer } from './vault-http.ts';

/** Keeps a token alive for as long as its server lets it. */
export interface TokenRenewal {
  /** From now on this token; told often, it changes nothing. */
  keep(token: string): void;
  close(): void;
}

/** What a renewal is made of. */
export interface TokenRenewalOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether another one takes its place in time by itself, so that its end is no trouble. */
  readonly isReplaced: boolean;
  /** Asks the server with a token: a GET without a body, a POST with one. Throws what the server refuses. */
  readonly ask: (token: string, path: string, body?: Readonly<Record<string, unknown>>) => Promise<VaultAnswer>;
}

/** The soonest that is tried again after a failure. */
const MIN_RETRY_SECONDS = 5;

/** Life of a token, as the server tells it. */
interface Lease {
  readonly ttlSeconds: number;
  readonly isRenewable: boolean;
}

/** One token, until another takes its place. */
interface Kept {
  readonly token: string;
  timer?: Timer;
  /** By the clock that never goes back. */
  expiresAtMs: number;
  isComplained: boolean;
}

/**
 * Looks a token up when it is first used, and renews it at half of what it has left. After a failure it tries again at half
 * of the rest, never sooner than 5 seconds, until the token has expired. Each kind of trouble is logged once.
 */
export function createTokenRenewal({ clock, logger, isReplaced, ask }: TokenRenewalOptions): TokenRenewal {
  let kept: Kept | undefined;
  let isClosed = false;
  const isCurrent = (one: Kept): boolean => kept === one && !isClosed;
  const secondsLeft = ({ expiresAtMs }: Kept): number => (expiresAtMs - clock.monotonicMs()) / 1000;

  const complain = (one: Kept, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (!one.isComplained) logger.warn(fields, message);
    one.isComplained = true;
  };
  const later = (one: Kept, seconds: number, work: (one: Kept) => Promise<void>): void => {
    if (!isCurrent(one)) return;
    one.timer = clock.schedule(Math.max(MIN_RETRY_SECONDS, seconds) * 1000, () => void work(one));
  };

  const lookUp = async (one: Kept): Promise<void> => {
    try {
      const { ttlSeconds, isRenewable } = readLease((await ask(one.token, 'auth/token/lookup-self')).data, 'ttl');
      if (ttlSeconds === 0 || !isCurrent(one)) return;
      one.expiresAtMs = clock.monotonicMs() + ttlSeconds * 1000;
      if (isRenewable) later(one, ttlSeconds / 2, renew);
      else if (!isReplaced) complain(one, 'the Vault token expires and is not renewable', { seconds_left: ttlSeconds });
    } catch (error) {
      const isFinal = isVaultRefusal(error);
      complain(one, 'the life of the Vault token is not known, so it is not renewed', { err: error });
      if (!isFinal) later(one, MIN_RETRY_SECONDS, lookUp);
    }
  };

  const renew = async (one: Kept): Promise<void> => {
    const leftSeconds = secondsLeft(one);
    if (leftSeconds <= 0) {
      logger.error({}, 'the Vault token has expired');
      return;
    }
    try {
      const { ttlSeconds, isRenewable } = readLease(
        (await ask(one.token, 'auth/token/renew-self', {})).auth,
        'lease_duration',
      );
      if (!isCurrent(one)) return;
      one.expiresAtMs = clock.monotonicMs() + ttlSeconds * 1000;
      one.isComplained = false;
      if (isRenewable && ttlSeconds > leftSeconds) later(one, ttlSeconds / 2, renew);
      else if (!isReplaced)
        complain(one, 'the Vault token lives no longer by being renewed', { seconds_left: ttlSeconds });
    } catch (error) {
      complain(one, 'the Vault token cannot be renewed', { err: error, seconds_left: Math.floor(leftSeconds) });
      later(one, leftSeconds / 2, renew);
    }
  };

  return {
    keep(token) {
      if (isClosed || kept?.token === token) return;
      kept?.timer?.cancel();
      const one: Kept = { token, expiresAtMs: 0, isComplained: false };
      kept = one;
      // Not within the time that is left to whoever happens to be first.
      void runInContext({ requestId: createRequestId() }, () => lookUp(one));
    },
    close() {
      isClosed = true;
      kept?.timer?.cancel();
    },
  };
}

function readLease(members: Readonly<Record<string, unknown>>, name: 'ttl' | 'lease_duration'): Lease {
  const { [name]: seconds, renewable } = members;
  const isDuration = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0;
  return { ttlSeconds: isDuration ? seconds : 0, isRenewable: renewable === true };
}
