import type { SigningAlgorithm } from '@tessera/oauth';
import type { TransitSignature } from '../../vault/transit.ts';

/** What an algorithm (RFC 7518 §3, RFC 8037 §3.1) is in the words of Transit. */
export interface TransitAlgorithm {
  /** Types of keys that it can be made with. */
  readonly keyTypes: readonly string[];
  readonly signing: Omit<TransitSignature, 'keyName' | 'keyVersion'>;
}

const RSA = ['rsa-2048', 'rsa-3072', 'rsa-4096'];

/** The ten algorithms. */
export const TRANSIT_ALGORITHMS: Readonly<Record<SigningAlgorithm, TransitAlgorithm>> = {
  RS256: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-256', signatureAlgorithm: 'pkcs1v15' } },
  RS384: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-384', signatureAlgorithm: 'pkcs1v15' } },
  RS512: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-512', signatureAlgorithm: 'pkcs1v15' } },
  PS256: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-256', signatureAlgorithm: 'pss' } },
  PS384: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-384', signatureAlgorithm: 'pss' } },
  PS512: { keyTypes: RSA, signing: { hashAlgorithm: 'sha2-512', signatureAlgorithm: 'pss' } },
  ES256: { keyTypes: ['ecdsa-p256'], signing: { hashAlgorithm: 'sha2-256', marshaling: 'jws' } },
  ES384: { keyTypes: ['ecdsa-p384'], signing: { hashAlgorithm: 'sha2-384', marshaling: 'jws' } },
  ES512: { keyTypes: ['ecdsa-p521'], signing: { hashAlgorithm: 'sha2-512', marshaling: 'jws' } },
  EdDSA: { keyTypes: ['ed25519'], signing: {} },
};
