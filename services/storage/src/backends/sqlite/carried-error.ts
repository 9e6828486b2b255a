import { TesseraError } from '@tessera/errors';
import type { CarriedError } from './protocol.ts';

/** An error as it travels between threads. */
export function carryError({ kind, code, message, retryAfterSeconds, cause }: TesseraError): CarriedError {
  return {
    kind,
    code,
    message,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(cause instanceof Error
      ? { cause: { message: cause.message, ...(cause.stack === undefined ? {} : { stack: cause.stack }) } }
      : {}),
  };
}

/** The error that travelled. */
export function restoreError({ cause, ...carried }: CarriedError): TesseraError {
  if (cause === undefined) return new TesseraError(carried);
  const restored = new Error(cause.message);
  if (cause.stack !== undefined) restored.stack = cause.stack;
  return new TesseraError({ ...carried, cause: restored });
}
