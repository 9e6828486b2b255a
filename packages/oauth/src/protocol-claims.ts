/**
 * Claims that say something about the token or the sign-in itself. They are made by the issuer alone: no expression, no
 * client and no directory sets them.
 */
export const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set([
  // RFC 7519 §4.1
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  // OIDC Core §2, §3.1.3.6, §3.3.2.11 and §5.6.2
  'auth_time',
  'nonce',
  'acr',
  'amr',
  'azp',
  'at_hash',
  'c_hash',
  's_hash',
  'sub_jwk',
  '_claim_names',
  '_claim_sources',
  // OpenID Connect Back-Channel Logout 1.0 §2.4, OpenID Connect Front-Channel Logout 1.0 §3
  'sid',
  'events',
  'toe',
  'txn',
  // RFC 8693 §4, RFC 9068 §2.2, RFC 7800 §3.1
  'act',
  'may_act',
  'client_id',
  'scope',
  'cnf',
  // RFC 7662 §2.2, RFC 9701 §5
  'active',
  'token_type',
  'token_use',
  'token_introspection',
  // Names that are no claims in any language that reads them.
  '__proto__',
]);

/** Whether a claim is the issuer's own (see {@link PROTOCOL_CLAIMS}). */
export function isProtocolClaim(name: string): boolean {
  return PROTOCOL_CLAIMS.has(name);
}

/** The claims that are not {@link PROTOCOL_CLAIMS}. */
export function withoutProtocolClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !isProtocolClaim(name)));
}
