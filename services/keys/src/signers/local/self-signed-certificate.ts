import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import {
  derBits,
  derMoment,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derTagged,
  derText,
  derTrue,
  derUnsigned,
  encodeDer,
} from './der.ts';
import { createDirectSigner } from './direct-signer.ts';

/** What a certificate says. */
export interface CertificateParts {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly notBefore: Date;
}

/**
 * A certificate for relying parties that take keys from `x5c` only (RFC 7517 §4.7): issued by the key itself, with its `kid` as
 * the name of subject and issuer, for digital signatures and nothing else. It does not expire (RFC 5280 §4.1.2.5), because the
 * JWKS alone says how long a key is valid, and a certificate must not end before that.
 *
 * @returns DER (RFC 5280 §4.1).
 */
export function createSelfSignedCertificate({ alg, kid, privateKey, notBefore }: CertificateParts): Buffer {
  const algorithm = signatureAlgorithm(alg);
  const name = derSequence(derSet(derSequence(derObjectId(COMMON_NAME), derText(kid))));
  const content = derSequence(
    derTagged(0, derUnsigned(Buffer.of(2))),
    derUnsigned(serialNumber()),
    algorithm,
    name,
    derSequence(derMoment(notBefore), derMoment(NO_END)),
    name,
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    derTagged(3, derSequence(keyUsage(), isNoAuthority())),
  );
  return derSequence(content, algorithm, derBits(sign(alg, privateKey, content)));
}

const COMMON_NAME = '2.5.4.3';
const NO_END = new Date('9999-12-31T23:59:59Z');

/** Positive, with 127 random bits, of which the highest is set (RFC 5280 §4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** RFC 5280 §4.2.1.3: critical, `digitalSignature` alone. */
function keyUsage(): Buffer {
  return derSequence(derObjectId('2.5.29.15'), derTrue(), derOctets(derBits(Buffer.of(0x80), 7)));
}

/** RFC 5280 §4.2.1.9: critical, no authority. */
function isNoAuthority(): Buffer {
  return derSequence(derObjectId('2.5.29.19'), derTrue(), derOctets(derSequence()));
}

/** ECDSA signatures of certificates are DER themselves (RFC 3279 §2.2.3), those of a JWS are `r ‖ s` (RFC 7518 §3.4). */
function sign(alg: SigningAlgorithm, key: KeyObject, content: Buffer): Buffer {
  const signature = createDirectSigner(alg, key)(content);
  if (!alg.startsWith('ES')) return signature;
  const half = signature.length / 2;
  return derSequence(derUnsigned(signature.subarray(0, half)), derUnsigned(signature.subarray(half)));
}

const NULL = encodeDer(0x05);

/** RFC 4055 §3.1 and §5, RFC 5758 §3.2, RFC 8410 §3. */
function signatureAlgorithm(alg: SigningAlgorithm): Buffer {
  switch (alg) {
    case 'RS256':
      return derSequence(derObjectId('1.2.840.113549.1.1.11'), NULL);
    case 'RS384':
      return derSequence(derObjectId('1.2.840.113549.1.1.12'), NULL);
    case 'RS512':
      return derSequence(derObjectId('1.2.840.113549.1.1.13'), NULL);
    case 'PS256':
      return pss('2.16.840.1.101.3.4.2.1', 32);
    case 'PS384':
      return pss('2.16.840.1.101.3.4.2.2', 48);
    case 'PS512':
      return pss('2.16.840.1.101.3.4.2.3', 64);
    case 'ES256':
      return derSequence(derObjectId('1.2.840.10045.4.3.2'));
    case 'ES384':
      return derSequence(derObjectId('1.2.840.10045.4.3.3'));
    case 'ES512':
      return derSequence(derObjectId('1.2.840.10045.4.3.4'));
    case 'EdDSA':
      return derSequence(derObjectId('1.3.101.112'));
  }
}

function pss(hashId: string, saltBytes: number): Buffer {
  const hash = derSequence(derObjectId(hashId), NULL);
  const mask = derSequence(derObjectId('1.2.840.113549.1.1.8'), hash);
  const salt = derUnsigned(Buffer.of(saltBytes));
  return derSequence(
    derObjectId('1.2.840.113549.1.1.10'),
    derSequence(derTagged(0, hash), derTagged(1, mask), derTagged(2, salt)),
  );
}
