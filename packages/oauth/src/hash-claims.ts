import { createHash } from 'node:crypto';
import type { HmacAlgorithm } from './client-settings.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/**
 * The value of `at_hash`, `c_hash` or `s_hash` for a token, code or state (OIDC Core §3.1.3.6 and §3.3.2.11, FAPI 1.0
 * Advanced §5.1.1): base64url of the left half of its hash, by the hash function of the ID token's own `alg`. Ed25519
 * hashes with SHA-512.
 */
export function leftHalfHash(alg: SigningAlgorithm | HmacAlgorithm, value: string): string {
  const digest = createHash(hashOf(alg)).update(value, 'utf8').digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

function hashOf(alg: SigningAlgorithm | HmacAlgorithm): 'sha256' | 'sha384' | 'sha512' {
  switch (alg) {
    case 'HS256':
    case 'RS256':
    case 'PS256':
    case 'ES256':
      return 'sha256';
    case 'HS384':
    case 'RS384':
    case 'PS384':
    case 'ES384':
      return 'sha384';
    case 'HS512':
    case 'RS512':
    case 'PS512':
    case 'ES512':
    case 'EdDSA':
      return 'sha512';
  }
}
