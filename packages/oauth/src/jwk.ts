import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { VerificationKey } from './jws.ts';
import { isSigningAlgorithm, type SigningAlgorithm } from './signing-algorithm.ts';

/** A JSON Web Key as it came from outside (RFC 7517 §4); nothing about it is checked. */
export type Jwk = Readonly<Record<string, unknown>>;

/** Why a JWK cannot verify signatures here. */
export type JwkProblem = 'unsupported' | 'private-key' | 'not-for-signatures' | 'weak-key' | 'malformed';

/** Outcome of {@link importVerificationKey}. */
export type ImportKeyOutcome =
  | { readonly ok: true; readonly key: VerificationKey }
  | { readonly ok: false; readonly reason: JwkProblem };

/** Smallest RSA modulus, in bits (RFC 7518 §3.3). */
export const MIN_RSA_BITS = 2048;
/** Largest RSA modulus, in bits: beyond it a verification costs too much. */
export const MAX_RSA_BITS = 8192;

const CURVE_ALGORITHMS: ReadonlyMap<unknown, SigningAlgorithm> = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['Ed25519', 'EdDSA'],
] as const);

/**
 * Makes a verification key of a public JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2). Its algorithm is the JWK's `alg`, else the
 * only one the key type allows, else `rsaAlgorithm`; its id is `kid`, else the thumbprint. Private and symmetric keys, keys
 * for encryption, RSA below 2048 bits and points off the curve are refused. Never throws.
 */
export function importVerificationKey(jwk: Jwk, rsaAlgorithm: SigningAlgorithm = 'RS256'): ImportKeyOutcome {
  if (jwk['d'] !== undefined) {
    return { ok: false, reason: 'private-key' };
  }
  if (!isForSignatures(jwk)) {
    return { ok: false, reason: 'not-for-signatures' };
  }
  const alg = algorithmOf(jwk, rsaAlgorithm);
  const members = requiredMembers(jwk);
  if (alg === undefined || members === undefined) {
    return { ok: false, reason: 'unsupported' };
  }
  const key = createKey(members);
  if (key === undefined) {
    return { ok: false, reason: 'malformed' };
  }
  if (key.asymmetricKeyType === 'rsa' && !isStrongRsa(key)) {
    return { ok: false, reason: 'weak-key' };
  }
  const kid = jwk['kid'] === undefined ? thumbprintOf(members) : jwk['kid'];
  return typeof kid === 'string' && kid !== ''
    ? { ok: true, key: { kid, alg, key } }
    : { ok: false, reason: 'malformed' };
}

/** The SHA-256 thumbprint of a JWK in base64url (RFC 7638 §3); undefined when its key type or members are not supported. */
export function jwkThumbprint(jwk: Jwk): string | undefined {
  const members = requiredMembers(jwk);
  return members === undefined ? undefined : thumbprintOf(members);
}

function thumbprintOf(members: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(members), 'utf8').digest('base64url');
}

/** The members that make the key, in lexicographic order (RFC 7638 §3.2, RFC 8037 §2). */
function requiredMembers(jwk: Jwk): Readonly<Record<string, string>> | undefined {
  const { kty, crv, e, n, x, y } = jwk;
  if (kty === 'RSA' && typeof e === 'string' && typeof n === 'string') {
    return { e, kty, n };
  }
  if (kty === 'EC' && typeof crv === 'string' && typeof x === 'string' && typeof y === 'string') {
    return { crv, kty, x, y };
  }
  if (kty === 'OKP' && typeof crv === 'string' && typeof x === 'string') {
    return { crv, kty, x };
  }
  return undefined;
}

function algorithmOf(jwk: Jwk, rsaAlgorithm: SigningAlgorithm): SigningAlgorithm | undefined {
  const { alg, kty, crv } = jwk;
  if (kty === 'RSA') {
    const chosen = alg ?? rsaAlgorithm;
    return isSigningAlgorithm(chosen) && /^[RP]S/.test(chosen) ? chosen : undefined;
  }
  const fixed = CURVE_ALGORITHMS.get(crv);
  return alg === undefined || alg === fixed ? fixed : undefined;
}

function isForSignatures({ use, key_ops: operations }: Jwk): boolean {
  const isUseFit = use === undefined || use === 'sig';
  const areOperationsFit = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return isUseFit && areOperationsFit;
}

function isStrongRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const isOdd = publicExponent % 2n === 1n;
  return modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS && publicExponent > 2n && isOdd;
}

function createKey(members: Readonly<Record<string, string>>): KeyObject | undefined {
  try {
    return createPublicKey({ key: members, format: 'jwk' });
  } catch {
    return undefined;
  }
}
