import { constants, type KeyObject, verify } from 'node:crypto';
import { isSigningAlgorithm, type SigningAlgorithm } from './signing-algorithm.ts';

/** Longest token that is looked at, in characters (16 KiB). */
export const MAX_JWS_LENGTH = 16_384;

/** A public key and the one algorithm it may verify. */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: KeyObject;
}

/** The header members that are honoured. `jku`, `x5u`, `x5c` and `jwk` of the sender are not even read. */
export interface JwsHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
}

/** A compact JWS taken apart; nothing in it is trusted yet. */
export interface ParsedJws {
  readonly header: JwsHeader;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The signed bytes: header and payload as they came. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** Why a token was refused. */
export type JwsProblem =
  | 'too-large'
  | 'malformed'
  | 'critical-header'
  | 'wrong-type'
  | 'algorithm-not-allowed'
  | 'unknown-key'
  | 'bad-signature';

/** Outcome of {@link parseCompactJws}. */
export type ParseJwsOutcome =
  | { readonly ok: true; readonly jws: ParsedJws }
  | { readonly ok: false; readonly reason: JwsProblem };

/** Outcome of {@link verifyCompactJws}. Claims such as `iss`, `aud` and `exp` are still to be checked. */
export type VerifyJwsOutcome =
  | { readonly ok: true; readonly payload: Readonly<Record<string, unknown>>; readonly header: JwsHeader }
  | { readonly ok: false; readonly reason: JwsProblem };

/** What {@link verifyCompactJws} accepts. */
export interface VerifyJwsOptions {
  readonly keys: readonly VerificationKey[];
  readonly algorithms: readonly SigningAlgorithm[];
  /**
   * The expected header `typ`, e.g. `at+jwt` (RFC 8725 §3.11); case and the prefix `application/` do not matter.
   * `JWT` also admits a token without one, as ID tokens are.
   */
  readonly typ: string;
}

const SEGMENT = /^[A-Za-z0-9_-]+$/;

/**
 * Takes a token in JWS compact serialization apart (RFC 7515 §7.1), strictly: three parts of canonical base64url, header and
 * payload JSON objects in UTF-8, no `crit`. Verifies nothing. Never throws.
 */
export function parseCompactJws(token: string): ParseJwsOutcome {
  if (token.length > MAX_JWS_LENGTH) {
    return { ok: false, reason: 'too-large' };
  }
  const parts = token.split('.', 4);
  const [encodedHeader = '', encodedPayload = '', encodedSignature = ''] = parts;
  const header = decodeJsonObject(encodedHeader);
  const payload = decodeJsonObject(encodedPayload);
  const signature = decodeSegment(encodedSignature);
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    return { ok: false, reason: 'malformed' };
  }
  if (Object.hasOwn(header, 'crit')) {
    return { ok: false, reason: 'critical-header' };
  }
  const honoured = readHeader(header);
  if (honoured === undefined) {
    return { ok: false, reason: 'malformed' };
  }
  const signingInput = token.slice(0, encodedHeader.length + 1 + encodedPayload.length);
  return { ok: true, jws: { header: honoured, payload, signingInput, signature } };
}

/**
 * Parses a token and verifies its signature (RFC 7515 §5.2, RFC 8725 §3). The algorithm must be allowed and be the very one
 * of the key, so neither `none` nor an HMAC made from a public key can pass. A token without `kid` is verified only when a
 * single key fits. Never throws.
 */
export function verifyCompactJws(token: string, { keys, algorithms, typ }: VerifyJwsOptions): VerifyJwsOutcome {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) {
    return parsed;
  }
  const { header, payload, signingInput, signature } = parsed.jws;
  const alg = algorithms.find((allowed) => allowed === header.alg);
  if (alg === undefined || !isSigningAlgorithm(alg)) {
    return { ok: false, reason: 'algorithm-not-allowed' };
  }
  if (!isExpectedJwsType(header.typ, typ)) {
    return { ok: false, reason: 'wrong-type' };
  }
  const candidates = keys.filter((key) => key.alg === alg && (header.kid === undefined || key.kid === header.kid));
  const [candidate] = candidates;
  if (candidate === undefined || candidates.length > 1) {
    return { ok: false, reason: 'unknown-key' };
  }
  const isGenuine = verifySignature(alg, candidate.key, Buffer.from(signingInput, 'ascii'), signature);
  return isGenuine ? { ok: true, payload, header } : { ok: false, reason: 'bad-signature' };
}

/** The curve that belongs to each algorithm (RFC 7518 §3.4), as OpenSSL names it. */
const CURVES = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' } as const;

function verifySignature(alg: SigningAlgorithm, key: KeyObject, data: Buffer, signature: Uint8Array): boolean {
  if (key.type !== 'public') {
    return false;
  }
  const hash = `sha${alg.slice(2)}`;
  const type = key.asymmetricKeyType;
  try {
    switch (alg) {
      case 'RS256':
      case 'RS384':
      case 'RS512':
        return type === 'rsa' && verify(hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      case 'PS256':
      case 'PS384':
      case 'PS512': {
        const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
        return type === 'rsa' && verify(hash, data, { key, ...pss }, signature);
      }
      case 'ES256':
      case 'ES384':
      case 'ES512':
        return (
          key.asymmetricKeyDetails?.namedCurve === CURVES[alg] &&
          verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
        );
      case 'EdDSA':
        return type === 'ed25519' && verify(null, data, key, signature);
    }
  } catch {
    return false;
  }
}

/**
 * Whether the header `typ` is the expected one (RFC 7515 §4.1.9, RFC 8725 §3.11): case and the prefix `application/` do not
 * matter, and a token without one passes as `JWT`.
 */
export function isExpectedJwsType(actual: string | undefined, expected: string): boolean {
  if (actual === undefined) {
    return expected === 'JWT';
  }
  return withoutPrefix(actual) === withoutPrefix(expected);
}

function withoutPrefix(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}

function readHeader(header: Readonly<Record<string, unknown>>): JwsHeader | undefined {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !isOptionalText(kid) || !isOptionalText(typ)) {
    return undefined;
  }
  return { alg, ...(kid !== undefined && { kid }), ...(typ !== undefined && { typ }) };
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function decodeJsonObject(segment: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeSegment(segment);
  if (bytes === undefined) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes have one spelling only: padding, other alphabets and stray bits at the end are refused. */
function decodeSegment(segment: string): Buffer | undefined {
  if (!SEGMENT.test(segment)) {
    return undefined;
  }
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}
