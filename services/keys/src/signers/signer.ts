import { constants, createPrivateKey, type SignKeyObjectInput, sign } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/** Signs the bytes of a JWS signing input; the signature in base64url. */
export type Signer = (input: Buffer) => string | Promise<string>;

/**
 * The signer of a private key (RFC 7518 §3, RFC 8037 §3.1). RSA signatures cost about a millisecond each and run on the
 * thread pool, so that the event loop stays free; the others cost less than a trip there and are made at once.
 */
export function createSigner(alg: SigningAlgorithm, privateKeyDer: Buffer): Signer {
  const key = createPrivateKey({ key: privateKeyDer, format: 'der', type: 'pkcs8' });
  const hash = `sha${alg.slice(2)}`;
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
      return pooled(hash, { key, padding: constants.RSA_PKCS1_PADDING });
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return pooled(hash, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES256':
    case 'ES384':
    case 'ES512':
      return immediate(hash, { key, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
      return immediate(null, { key });
  }
}

function immediate(hash: string | null, input: SignKeyObjectInput): Signer {
  return (bytes) => sign(hash, bytes, input).toString('base64url');
}

function pooled(hash: string, input: SignKeyObjectInput): Signer {
  return (bytes) =>
    new Promise((resolve, reject) => {
      sign(hash, bytes, input, (error, signature) => {
        if (error === null) resolve(signature.toString('base64url'));
        else reject(error);
      });
    });
}
