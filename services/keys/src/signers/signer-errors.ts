import { TesseraError, unavailable } from '@tessera/errors';

/** A key cannot be made or opened, and will not be before somebody changes something. */
export function signerRefused(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.signer_refused', message, cause });
}

/** Nothing can be signed just now. */
export function signerUnavailable(message: string, cause?: unknown): TesseraError {
  return unavailable('keys.signer_unavailable', message, cause);
}

/** A signer was closed before it signed. */
export function signerClosed(): TesseraError {
  return signerUnavailable('the signer is closed');
}

/** What any failure of a device or server means to whoever wants a signature: it was not their doing, and there is none just now. */
export function toSigningError(error: unknown): TesseraError {
  const { message } = TesseraError.from(error);
  return signerUnavailable(message, error);
}
