import type { ErrorKind } from './kinds.ts';

/** What an error is made of. `message` is for the operator: it never holds a secret and is never shown to the public. */
export interface TesseraErrorOptions {
  readonly kind: ErrorKind;
  /** Stable and documented, `<area>.<what>`, e.g. `storage.unavailable`. */
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
  /** Seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/** The one error type that crosses services. Restored by the client with kind, code and message; the cause stays behind. */
export class TesseraError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: TesseraErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TesseraError';
    this.kind = options.kind;
    this.code = options.code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /**
   * Any thrown value as a TesseraError: one of ours stays itself, everything else becomes `internal` with the thrown
   * value as cause, so that its text stays in the log of the process it happened in.
   */
  static from(thrown: unknown): TesseraError {
    if (thrown instanceof TesseraError) return thrown;
    return new TesseraError({
      kind: 'internal',
      code: 'internal.unexpected',
      message: 'unexpected failure',
      cause: thrown,
    });
  }
}

/** Shorthand for the most common failure between services: a neighbour that does not answer. Kind `unavailable`. */
export function unavailable(code: string, message: string, cause?: unknown): TesseraError {
  return new TesseraError({ kind: 'unavailable', code, message, cause, retryAfterSeconds: 1 });
}
