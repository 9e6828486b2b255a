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

/** Whoever exports may not make the store refuse changes. Kind `permission_denied`, code `storage.cannot_retire`. */
export function cannotRetire(message: string, cause: unknown): TesseraError {
  return new TesseraError({ kind: 'permission_denied', code: 'storage.cannot_retire', message, cause });
}

/** The store was exported and refuses changes. Kind `unavailable`, code `storage.retired`. */
export function storeRetired(cause?: unknown): TesseraError {
  return unavailable('storage.retired', 'the store has moved elsewhere and refuses changes', cause);
}

/** Others changed the same thing again and again. Kind `unavailable`, code `storage.contended`. */
export function storeContended(what: string): TesseraError {
  return unavailable('storage.contended', `${what} is changed by too many at once`);
}
