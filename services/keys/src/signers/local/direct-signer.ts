import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import { ecdsaSignatureFromDer } from './ecdsa-signature.ts';

/** Makes a signature in the form that JWS has (RFC 7518 §3, RFC 8037 §3.1), on the thread that calls it. */
export type DirectSigner = (input: Uint8Array) => Buffer;

/** How a private key signs with an algorithm. All signatures of one key are of one length. */
export function createDirectSigner(alg: SigningAlgorithm, key: KeyObject): DirectSigner {
  const hash = `SHA${alg.slice(2)}`;
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512': {
      const pkcs1 = { key, padding: constants.RSA_PKCS1_PADDING };
      return (input) => sign(hash, input, pkcs1);
    }
    case 'PS256':
    case 'PS384':
    case 'PS512': {
      const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      return (input) => sign(hash, input, pss);
    }
    case 'ES256':
      return (input) => ecdsaSignatureFromDer(sign(hash, input, key), 32);
    case 'ES384':
      return (input) => ecdsaSignatureFromDer(sign(hash, input, key), 48);
    case 'ES512':
      return (input) => ecdsaSignatureFromDer(sign(hash, input, key), 66);
    case 'EdDSA':
      return (input) => sign(null, input, key);
  }
}

/** A key of the thread's own: one that several threads share is locked by each of them for every signature. */
export function copyPrivateKey(key: KeyObject): KeyObject {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const copy = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return copy;
}
