import { OAuthError, TesseraError, toOAuthError } from '@tessera/errors';
import type { Metrics } from '@tessera/telemetry';

/** Told how a request at the token endpoint ended. */
export interface TokenMetrics {
  /** `grantType` is one that is offered, or undefined for whatever else, or nothing, was sent. */
  succeeded(grantType: string | undefined): void;
  failed(grantType: string | undefined, thrown: unknown): void;
}

/** Counts the requests at the token endpoint: `tessera_token_requests_total`, by `ok` or the error of RFC 6749 §5.2. */
export function createTokenMetrics(metrics: Metrics): TokenMetrics {
  const requests = metrics.counter('tessera_token_requests_total', 'Requests at the token endpoint.', [
    'grant_type',
    'outcome',
  ]);
  const add = (grantType: string | undefined, outcome: string): void =>
    requests.add({ grant_type: grantType ?? 'other', outcome });
  return {
    succeeded: (grantType) => add(grantType, 'ok'),
    failed(grantType, thrown) {
      const { error } = thrown instanceof OAuthError ? thrown : toOAuthError(TesseraError.from(thrown));
      add(grantType, error);
    },
  };
}
