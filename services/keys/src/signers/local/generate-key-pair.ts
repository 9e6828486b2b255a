import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { jwkThumbprint, type SigningAlgorithm } from '@tessera/oauth';

/** Bits of an RSA modulus; RFC 7518 §3.3 and §3.5 ask for 2048 at least. */
export type RsaKeyBits = 2048 | 3072 | 4096;

/** A new key pair. */
export interface NewKeyPair {
  /** The public key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly privateKey: KeyObject;
}

/** Makes key pairs; RSA takes long, so it happens outside the event loop. `rsaKeyBits` is of no matter to other keys. */
export type GenerateKeyPair = (alg: SigningAlgorithm, rsaKeyBits?: RsaKeyBits) => Promise<NewKeyPair>;

const generate = promisify(generateKeyPair);

/**
 * Makes a key pair: RSA with 2048 bits unless told otherwise, the curve of the algorithm (RFC 7518 §3.4), or Ed25519
 * (RFC 8037 §3.1).
 */
export const generateSigningKeyPair: GenerateKeyPair = async (alg, rsaKeyBits = 2048) => {
  const { publicKey, privateKey } = await generateFor(alg, rsaKeyBits);
  const exported = publicKey.export({ format: 'jwk' });
  const publicJwk = Object.fromEntries(
    Object.entries(exported).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const kid = jwkThumbprint(publicJwk);
  if (kid === undefined) throw new Error(`no thumbprint for a new ${alg} key`);
  return { kid, alg, publicJwk, privateKey };
};

function generateFor(
  alg: SigningAlgorithm,
  modulusLength: RsaKeyBits,
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return generate('rsa', { modulusLength });
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generate('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generate('ec', { namedCurve: 'P-521' });
    case 'EdDSA':
      return generate('ed25519');
  }
}
