import { constants, type KeyObject, verify } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/** Signed to see whether a key signs; no token, as it has no dot. */
export const trialInput = 'tessera: does this key sign?';

/** Whether a signature in base64url is that of an input of ASCII (RFC 7518 §3.3–§3.5, RFC 8037 §3.1). */
export function isGenuineSignature(alg: SigningAlgorithm, key: KeyObject, input: string, signature: string): boolean {
  const hash = `sha${alg.slice(2)}`;
  const [signed, bytes] = [Buffer.from(input, 'latin1'), Buffer.from(signature, 'base64url')];
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
      return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, bytes);
    case 'PS256':
    case 'PS384':
    case 'PS512': {
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      return verify(hash, signed, { key, ...pss }, bytes);
    }
    case 'ES256':
    case 'ES384':
    case 'ES512':
      return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, bytes);
    case 'EdDSA':
      return verify(null, signed, key, bytes);
  }
}
