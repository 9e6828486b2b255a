import { federationErrors } from '@tessera/contracts';
import { type ErrorKind, TesseraError } from '@tessera/errors';

/** How a sign-in may fail, by the names of {@link federationErrors}. */
export type SignInFailure = keyof typeof federationErrors;

/** Code of the TesseraError (kind `internal`) for an upstream that answers, but not as the configuration says. */
const UPSTREAM_MISCONFIGURED = 'federation.upstream_misconfigured';

const kinds: Readonly<Record<SignInFailure, ErrorKind>> = {
  invalidCredentials: 'unauthenticated',
  userAmbiguous: 'conflict',
  upstreamUnavailable: 'unavailable',
  upstreamRefused: 'permission_denied',
  notInRequiredGroups: 'permission_denied',
  userGone: 'not_found',
  unknownConnector: 'not_found',
  invalidCallback: 'invalid_argument',
  unsupportedExchange: 'invalid_argument',
};

/** The error a sign-in ends with. `message` is for the operator and never holds a secret. */
export function signInError(failure: SignInFailure, message: string, cause?: unknown): TesseraError {
  return new TesseraError({
    kind: kinds[failure],
    code: federationErrors[failure],
    message,
    cause,
    ...(failure === 'upstreamUnavailable' ? { retryAfterSeconds: 1 } : {}),
  });
}

/** The error for what only the operator can mend; the message says what to look at. */
export function upstreamMisconfigured(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'internal', code: UPSTREAM_MISCONFIGURED, message, cause });
}
