import { createPublicKey, type KeyObject } from 'node:crypto';
import { importVerificationKey, jwkThumbprint, type SigningAlgorithm } from '@tessera/oauth';
import { signerRefused } from '../signer-errors.ts';
import { MECHANISMS } from './mechanisms.ts';
import type { PublicAttributes } from './module-protocol.ts';

/** The public half of a key in a token. */
export interface TokenPublicKey {
  /** Its thumbprint (RFC 7638). */
  readonly kid: string;
  /** Without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly key: KeyObject;
}

/** Tag of a DER OCTET STRING, in which PKCS #11 v3.0 Curr §2.3 has points. */
const OCTET_STRING = 0x04;
const UNCOMPRESSED = 0x04;

const CURVES: Readonly<Record<'ES256' | 'ES384' | 'ES512', { readonly crv: string; readonly bytes: number }>> = {
  ES256: { crv: 'P-256', bytes: 32 },
  ES384: { crv: 'P-384', bytes: 48 },
  ES512: { crv: 'P-521', bytes: 66 },
};

/** Throws `keys.signer_refused` when the key is not one that the algorithm can be made with (RFC 8725 §3.1). */
export function readTokenPublicKey(attributes: PublicAttributes, alg: SigningAlgorithm, id: string): TokenPublicKey {
  const publicJwk = toJwk(attributes, alg);
  const kid = publicJwk === undefined ? undefined : jwkThumbprint(publicJwk);
  const imported = importVerificationKey({ ...publicJwk, alg });
  if (publicJwk === undefined || kid === undefined || !imported.ok) {
    throw signerRefused(`the key ${id} of the token is not one that ${alg} can be verified by`);
  }
  return { kid, publicJwk, key: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }) };
}

function toJwk(attributes: PublicAttributes, alg: SigningAlgorithm): Readonly<Record<string, string>> | undefined {
  const { curve } = MECHANISMS[alg];
  if (attributes.type === 'rsa') {
    if (curve !== undefined) return undefined;
    return { kty: 'RSA', n: unsigned(attributes.modulus), e: unsigned(attributes.publicExponent) };
  }
  const point = Buffer.from(attributes.point);
  switch (alg) {
    case 'EdDSA':
      return edwardsJwk(attributes.parameters, point);
    case 'ES256':
    case 'ES384':
    case 'ES512':
      return curve?.equals(attributes.parameters) ? curveJwk(point, CURVES[alg]) : undefined;
    default:
      return undefined;
  }
}

/** RFC 7518 §6.3.1: without leading zero bytes. */
function unsigned(value: Uint8Array): string {
  const first = value.findIndex((byte) => byte !== 0);
  return Buffer.from(value.subarray(Math.max(0, first))).toString('base64url');
}

/** RFC 7518 §6.2.1. */
function curveJwk(
  point: Buffer,
  { crv, bytes }: { readonly crv: string; readonly bytes: number },
): Readonly<Record<string, string>> | undefined {
  const raw = unwrap(point, 1 + 2 * bytes);
  if (raw?.[0] !== UNCOMPRESSED) return undefined;
  const [x, y] = [raw.subarray(1, 1 + bytes), raw.subarray(1 + bytes)];
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

/** Names of Ed25519: of PKCS #11 v3.0, and the object identifiers of RFC 8410 §3 and of GnuPG. */
const ED25519 = [
  MECHANISMS.EdDSA.curve ?? Buffer.alloc(0),
  Buffer.from('06032b6570', 'hex'),
  Buffer.from('06092b06010401da470f01', 'hex'),
];

/** RFC 8037 §2. */
function edwardsJwk(parameters: Uint8Array, point: Buffer): Readonly<Record<string, string>> | undefined {
  if (!ED25519.some((name) => name.equals(parameters))) return undefined;
  const raw = unwrap(point, 32);
  return raw === undefined ? undefined : { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
}

/** A point of that many bytes, as it is or in an OCTET STRING; some libraries leave that out. */
function unwrap(value: Buffer, bytes: number): Buffer | undefined {
  if (value.length === bytes) return value;
  const header = bytes < 128 ? [OCTET_STRING, bytes] : [OCTET_STRING, 0x81, bytes];
  const isWrapped =
    value.length === header.length + bytes && value.subarray(0, header.length).equals(Buffer.from(header));
  return isWrapped ? value.subarray(header.length) : undefined;
}
