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

/** Codes of failures that will be the same again until somebody changes something. */
const REFUSALS: ReadonlySet<string> = new Set(['keys.signer_refused', 'keys.vault_refused']);

/**
 * What any failure of a device or server means to whoever wants a signature: it was not their doing, and there is none just now.
 * A refusal has a code of its own, `keys.signing_refused`: waiting for it to pass is of little use.
 */
export function toSigningError(error: unknown): TesseraError {
  const { message, code } = TesseraError.from(error);
  const isRefusal = REFUSALS.has(code) || code === 'keys.signing_refused';
  return isRefusal ? unavailable('keys.signing_refused', message, error) : signerUnavailable(message, error);
}
