import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { jwkThumbprint, type SigningAlgorithm } from '@tessera/oauth';

/** A new key pair. */
interface NewKeyPair {
  /** The public key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicJwk: Readonly<Record<string, string>>;
  /** PKCS#8 DER. */
  readonly privateKeyDer: Buffer;
}

/** Makes key pairs; RSA takes long, so it happens outside the event loop. */
export type GenerateKeyPair = (alg: SigningAlgorithm) => Promise<NewKeyPair>;

const generate = promisify(generateKeyPair);
const RSA_BITS = 2048;

/** Makes a key pair: RSA with 2048 bits (RFC 7518 §3.3), the curve of the algorithm (RFC 7518 §3.4), or Ed25519 (RFC 8037 §3.1). */
export const generateSigningKeyPair: GenerateKeyPair = async (alg) => {
  const { publicKey, privateKey } = await generateFor(alg);
  const exported = publicKey.export({ format: 'jwk' });
  const publicJwk = Object.fromEntries(
    Object.entries(exported).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const kid = jwkThumbprint(publicJwk);
  if (kid === undefined) throw new Error(`no thumbprint for a new ${alg} key`);
  return { kid, alg, publicJwk, privateKeyDer: privateKey.export({ format: 'der', type: 'pkcs8' }) };
};

function generateFor(
  alg: SigningAlgorithm,
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return generate('rsa', { modulusLength: RSA_BITS });
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
