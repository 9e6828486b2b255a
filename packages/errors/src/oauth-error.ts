import type { OAuthErrorCode } from '@tessera/oauth';
import type { TesseraError } from './tessera-error.ts';

/** What an OAuth error is made of. The description is public and fixed: it never repeats input. */
export interface OAuthErrorOptions {
  readonly error: OAuthErrorCode;
  readonly description: string;
  /** HTTP status when answered directly. Default 400. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error as OAuth clients see it (RFC 6749 §5.2). Exists at the edge only. */
export class OAuthError extends Error {
  readonly error: OAuthErrorCode;
  readonly description: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: OAuthErrorOptions) {
    super(
      `${options.error}: ${options.description}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'OAuthError';
    this.error = options.error;
    this.description = options.description;
    this.status = options.status ?? 400;
    this.headers = options.headers ?? {};
  }

  /** The JSON body of RFC 6749 §5.2. */
  toBody(): { error: OAuthErrorCode; error_description: string } {
    return { error: this.error, error_description: this.description };
  }
}

/**
 * The one mapping from an internal error to what an OAuth client is told. Nothing internal shows: a neighbour that is
 * down or slow is `temporarily_unavailable` with 503 and `Retry-After`, everything else is `server_error` with 500.
 */
export function toOAuthError(error: TesseraError): OAuthError {
  switch (error.kind) {
    case 'unavailable':
    case 'deadline_exceeded':
    case 'resource_exhausted':
      return new OAuthError({
        error: 'temporarily_unavailable',
        description: 'The service cannot answer right now. Try again shortly.',
        status: 503,
        headers: { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterSeconds ?? 1))) },
        cause: error,
      });
    case 'invalid_argument':
    case 'not_found':
    case 'already_exists':
    case 'conflict':
    case 'unauthenticated':
    case 'permission_denied':
    case 'internal':
      return new OAuthError({
        error: 'server_error',
        description: 'The server met an unexpected condition.',
        status: 500,
        cause: error,
      });
  }
}
