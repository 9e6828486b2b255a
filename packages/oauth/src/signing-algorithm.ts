/** The JWS algorithms spoken here, all asymmetric (RFC 7518 §3.1, RFC 8037 §3.1). `none` and HMAC are left out on purpose. */
export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** One of {@link SIGNING_ALGORITHMS}. `EdDSA` means Ed25519. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Whether `value` names an algorithm of {@link SIGNING_ALGORITHMS}. Case matters (RFC 7515 §4.1.1). */
export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return (SIGNING_ALGORITHMS as readonly unknown[]).includes(value);
}
