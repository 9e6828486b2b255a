import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HmacAlgorithm } from './client-settings.ts';
import { isExpectedJwsType, type JwsHeader, type JwsProblem, parseCompactJws } from './jws.ts';

/**
 * A secret both sides know: bytes, or a text of which the UTF-8 bytes count, as of a client's secret (OIDC Core §10.1). Never
 * in a log.
 */
export type HmacSecret = string | Uint8Array;

/** What {@link signHmacJws} needs beside the claims. */
export interface SignHmacJwsOptions {
  readonly alg: HmacAlgorithm;
  readonly secret: HmacSecret;
  /** Undefined = none, as usual for a secret that both sides have one of. */
  readonly kid?: string;
  /** The header `typ`, e.g. `JWT`. */
  readonly typ: string;
}

/** What {@link verifyHmacJws} accepts. */
export interface VerifyHmacJwsOptions {
  readonly algorithms: readonly HmacAlgorithm[];
  readonly secret: HmacSecret;
  /** The expected header `typ`; case and the prefix `application/` do not matter. `JWT` also admits a token without one. */
  readonly typ: string;
}

/** Why a token was refused; `short-secret` is the fault of whoever chose the secret, not of the token. */
export type HmacJwsProblem = JwsProblem | 'short-secret';

/** Outcome of {@link verifyHmacJws}. Claims such as `iss`, `aud` and `exp` are still to be checked. */
export type VerifyHmacJwsOutcome =
  | { readonly ok: true; readonly payload: Readonly<Record<string, unknown>>; readonly header: JwsHeader }
  | { readonly ok: false; readonly reason: HmacJwsProblem };

/** Bits of the hash, which are the bits a secret needs at least. */
const HASH_BITS: Readonly<Record<HmacAlgorithm, 256 | 384 | 512>> = { HS256: 256, HS384: 384, HS512: 512 };

/** Whether a secret is as long as the hash of the algorithm: 32, 48 or 64 bytes (RFC 7518 §3.2). */
export function isHmacSecretLongEnough(alg: HmacAlgorithm, secret: HmacSecret): boolean {
  return toBytes(secret).length * 8 >= HASH_BITS[alg];
}

/**
 * A JWS in compact serialization, authenticated by a secret that both sides know (RFC 7515 §5.1, RFC 7518 §3.2). Throws a
 * RangeError when the secret is shorter than {@link isHmacSecretLongEnough} asks for.
 */
export function signHmacJws(
  claims: Readonly<Record<string, unknown>>,
  { alg, secret, kid, typ }: SignHmacJwsOptions,
): string {
  if (!isHmacSecretLongEnough(alg, secret)) throw new RangeError(`the secret is too short for ${alg}`);
  const signingInput = `${encode({ alg, ...(kid !== undefined && { kid }), typ })}.${encode(claims)}`;
  return `${signingInput}.${mac(alg, secret, signingInput).toString('base64url')}`;
}

/**
 * Verifies a JWS made with a secret that both sides know (RFC 7515 §5.2), comparing in constant time. Its algorithm must be an
 * allowed one; asymmetric ones and `none` never are, so no key of another kind is ever taken for a secret (N34). Never throws.
 */
export function verifyHmacJws(token: string, { algorithms, secret, typ }: VerifyHmacJwsOptions): VerifyHmacJwsOutcome {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return parsed;
  const { header, payload, signingInput, signature } = parsed.jws;
  const alg = algorithms.find((allowed) => allowed === header.alg && Object.hasOwn(HASH_BITS, allowed));
  if (alg === undefined) return { ok: false, reason: 'algorithm-not-allowed' };
  if (!isExpectedJwsType(header.typ, typ)) return { ok: false, reason: 'wrong-type' };
  if (!isHmacSecretLongEnough(alg, secret)) return { ok: false, reason: 'short-secret' };
  const expected = mac(alg, secret, signingInput);
  const isGenuine = signature.length === expected.length && timingSafeEqual(signature, expected);
  return isGenuine ? { ok: true, payload, header } : { ok: false, reason: 'bad-signature' };
}

function mac(alg: HmacAlgorithm, secret: HmacSecret, signingInput: string): Buffer {
  return createHmac(`sha${HASH_BITS[alg]}`, toBytes(secret)).update(signingInput, 'ascii').digest();
}

function toBytes(secret: HmacSecret): Uint8Array {
  return typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
