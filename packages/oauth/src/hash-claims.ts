import { createHash } from 'node:crypto';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/**
 * The value of `at_hash` or `c_hash` for a token or code (OIDC Core §3.1.3.6 and §3.3.2.11): base64url of the left half of
 * its hash, by the hash function of the ID token's own `alg`. Ed25519 hashes with SHA-512.
 */
export function leftHalfHash(alg: SigningAlgorithm, value: string): string {
  const digest = createHash(hashOf(alg)).update(value, 'ascii').digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

function hashOf(alg: SigningAlgorithm): 'sha256' | 'sha384' | 'sha512' {
  switch (alg) {
    case 'RS256':
    case 'PS256':
    case 'ES256':
      return 'sha256';
    case 'RS384':
    case 'PS384':
    case 'ES384':
      return 'sha384';
    case 'RS512':
    case 'PS512':
    case 'ES512':
    case 'EdDSA':
      return 'sha512';
  }
}
