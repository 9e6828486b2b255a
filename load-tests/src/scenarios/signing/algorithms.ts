/** Algorithms of the benchmark. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;

/** One of {@link SIGNING_ALGORITHMS}. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** What `openssl speed` calls the key of an algorithm. */
export const OPENSSL_NAMES: Readonly<Record<SigningAlgorithm, string>> = {
  RS256: 'rsa2048',
  ES256: 'ecdsap256',
  EdDSA: 'ed25519',
};

/** Least share of `openssl speed` that the keys service has to reach on each core. */
export const BARS: Readonly<Record<SigningAlgorithm, number>> = { RS256: 0.9, ES256: 0.6, EdDSA: 0.6 };
