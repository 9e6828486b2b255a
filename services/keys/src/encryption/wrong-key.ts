import { TesseraError } from '@tessera/errors';

/** The error for a key-encryption key that is absent, malformed, or does not open what is stored. Kind `invalid_argument`. */
export function wrongKeyEncryptionKey(message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.wrong_key_encryption_key', message, cause });
}
