import { TesseraError, unavailable } from '@tessera/errors';

/** The store does not answer. Kind `unavailable`, code `storage.unavailable`. */
export function storeUnavailable(store: string, cause?: unknown): TesseraError {
  return unavailable('storage.unavailable', `${store} does not answer`, cause);
}

/** The store cannot be opened as it is configured. Kind `invalid_argument`, code `storage.cannot_open`. */
export function cannotOpen(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'storage.cannot_open', message, cause });
}

/** A grant id that was chosen before for another code. Kind `already_exists`, code `storage.grant_exists`. */
export function grantExists(cause?: unknown): TesseraError {
  return new TesseraError({
    kind: 'already_exists',
    code: 'storage.grant_exists',
    message: 'the grant id is taken by another code',
    cause,
  });
}
