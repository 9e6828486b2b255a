import type { TokenToSign } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';

/** What every token of this issuer keeps to. */
export interface ClaimRules {
  readonly issuer: string;
  /** Longest time until `exp`, in seconds: a key is published no longer. */
  readonly maxLifetimeSeconds: number;
}

/**
 * Refuses claims that no token of the given type may carry, whoever asks: another issuer's `iss`; an `exp` that is missing
 * or outlives the key (OIDC Core §2, RFC 9068 §2.2); an access token without `client_id`, or an ID token with one, so that
 * neither can be taken for the other (RFC 9068 §5). Throws `invalid_argument`.
 */
export function checkClaims({ type, claims }: TokenToSign, rules: ClaimRules, nowSeconds: number): void {
  if (claims['iss'] !== rules.issuer) throw refused('iss is not this issuer');
  const exp = claims['exp'];
  if (typeof exp !== 'number' || !(exp <= nowSeconds + rules.maxLifetimeSeconds)) {
    throw refused('exp is missing or later than the configured lifetimes allow');
  }
  const clientId = claims['client_id'];
  if (type === 'access_token' && (typeof clientId !== 'string' || clientId === '')) {
    throw refused('an access token needs client_id');
  }
  if (type === 'id_token' && clientId !== undefined) throw refused('an ID token has no client_id');
}

function refused(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.claims_refused', message });
}
