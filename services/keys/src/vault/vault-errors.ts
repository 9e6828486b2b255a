import { TesseraError, unavailable } from '@tessera/errors';

/** The server does not answer, is sealed, overloaded or closed, or answers what cannot be an answer: it may work later. */
export function vaultUnavailable(message: string, cause?: unknown): TesseraError {
  return unavailable('keys.vault_unavailable', message, cause);
}

/** The server refuses, and will until somebody changes something: no such key, no permission, an expired token. */
export function vaultRefused(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.vault_refused', message, cause });
}

/** Whether a failure is a refusal of the server, {@link vaultRefused}. */
export function isVaultRefusal(error: unknown): boolean {
  return error instanceof TesseraError && error.code === 'keys.vault_refused';
}
