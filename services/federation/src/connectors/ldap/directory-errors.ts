import { TesseraError } from '@tessera/errors';
import { ResultCodeError } from 'ldapts';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';

/** Result codes of RFC 4511 Appendix A.1 that say "not now": adminLimitExceeded, timeLimitExceeded, busy, unavailable. */
const NOT_NOW: readonly number[] = [3, 11, 51, 52];
/**
 * Refusals of a person's bind: invalidCredentials; constraintViolation, by which some directories say that the account is
 * locked; inappropriateAuthentication, for people without a password.
 */
const NOT_THE_PASSWORD: readonly number[] = [49, 19, 48];

/** Whether a directory's refusal of a bind means that it is not the person's password. */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof ResultCodeError && NOT_THE_PASSWORD.includes(error.code);
}

/** What went wrong with the directory at `server` (`host:port`), as a TesseraError; one of ours stays itself. */
export function toDirectoryError(error: unknown, server: string, step: string): TesseraError {
  if (error instanceof TesseraError) return error;
  if (error instanceof ResultCodeError && !NOT_NOW.includes(error.code)) {
    return upstreamMisconfigured(`the directory ${server} refused the ${step} with LDAP result ${error.code}`, error);
  }
  return signInError('upstreamUnavailable', `the directory ${server} does not answer the ${step}`, error);
}
