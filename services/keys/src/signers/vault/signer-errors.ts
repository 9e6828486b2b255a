import { TesseraError, unavailable } from '@tessera/errors';

/** A key cannot be made or opened, and will not be before somebody changes something. */
export function signerRefused(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.signer_refused', message, cause });
}

/** What a failure of Vault means where a key is to be made or opened. */
export function toCustodianError(error: unknown): unknown {
  if (!(error instanceof TesseraError)) return error;
  if (error.code === 'keys.vault_refused') return signerRefused(error.message, error);
  return error.code === 'keys.vault_unavailable' ? toSigningError(error) : error;
}

/** What any failure of Vault means to whoever wants a signature: it was not their doing, and there is none just now. */
export function toSigningError(error: unknown): TesseraError {
  const { message } = TesseraError.from(error);
  return unavailable('keys.signer_unavailable', message, error);
}
