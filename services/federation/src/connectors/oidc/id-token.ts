import type { Clock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import { isEqualInConstantTime, isSigningAlgorithm, leftHalfHash, SIGNING_ALGORITHMS } from '@tessera/oauth';
import { errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import { signInError } from '../../sign-in-errors.ts';
import type { UpstreamMetadata } from './discovery.ts';
import type { UpstreamKeys } from './upstream-keys.ts';

/** What an ID token has to fit. */
export interface IdTokenExpectation {
  readonly clientId: string;
  /** Undefined at a refresh, whose ID token has none (OIDC Core §12.2), and for a token that somebody presents. */
  readonly nonce: string | undefined;
  /** Compared with `at_hash`, when that is there (OIDC Core §3.1.3.8); undefined when the ID token came alone. */
  readonly accessToken: string | undefined;
  /**
   * `auth_time`, when that is there, must not be earlier. The wish for a fresh sign-in travels through the browser, where
   * it can be taken out of the address (OIDC Core §3.1.2.1, N55).
   */
  readonly freshSinceSeconds?: number | undefined;
}

/** The claims of an ID token that was checked. */
export type IdTokenClaims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Who checks. */
export interface IdTokenVerifier {
  readonly metadata: UpstreamMetadata;
  readonly keys: UpstreamKeys;
  readonly clock: Clock;
}

const CLOCK_TOLERANCE_SECONDS = 60;
/** Asymmetric ones only: `none` and HMAC by a public key or a shared secret never pass (RFC 8725 §3.1, N34). */
const ALGORITHMS: readonly string[] = [...SIGNING_ALGORITHMS, 'Ed25519'];
/** Types of tokens that are no ID tokens, signed by the same keys (RFC 8725 §3.11, N81). */
const OTHER_TYPES: readonly string[] = ['at+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt'];

/**
 * Checks an upstream's ID token (OIDC Core §3.1.3.7): signature, `iss`, `aud`, `azp`, `exp`, `iat`, `sub`, `nonce`,
 * `at_hash` and `auth_time`. Throws `invalidCallback` naming the check that failed.
 */
export async function verifyIdToken(
  token: string,
  expected: IdTokenExpectation,
  verifier: IdTokenVerifier,
): Promise<IdTokenClaims> {
  const { payload, protectedHeader } = await verifySignature(token, expected, verifier);
  const { sub, azp, aud, nonce, at_hash: atHash } = payload;
  const { typ = 'JWT', alg } = protectedHeader;
  if (OTHER_TYPES.includes(typ.toLowerCase().replace(/^application\//, ''))) throw refused('typ');
  if (typeof sub !== 'string' || sub === '') throw refused('sub');
  const hasSeveralAudiences = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? hasSeveralAudiences : azp !== expected.clientId) throw refused('azp');
  if (expected.nonce !== undefined && (typeof nonce !== 'string' || !isEqualInConstantTime(nonce, expected.nonce))) {
    throw refused('nonce');
  }
  const { accessToken } = expected;
  if (atHash !== undefined && accessToken !== undefined && atHash !== accessTokenHash(alg, accessToken)) {
    throw refused('at_hash');
  }
  if (isTooOld(payload['auth_time'], expected.freshSinceSeconds)) throw refused('auth_time');
  return { ...payload, sub };
}

function isTooOld(authTime: unknown, freshSinceSeconds: number | undefined): boolean {
  if (authTime === undefined || freshSinceSeconds === undefined) return false;
  return typeof authTime !== 'number' || authTime + CLOCK_TOLERANCE_SECONDS < freshSinceSeconds;
}

async function verifySignature(
  token: string,
  { clientId }: IdTokenExpectation,
  { metadata, keys, clock }: IdTokenVerifier,
): Promise<JWTVerifyResult> {
  const offered = metadata.idTokenAlgorithms ?? [];
  const options = {
    algorithms: ALGORITHMS.filter((algorithm) => offered.length === 0 || offered.includes(algorithm)),
    issuer: metadata.issuer,
    audience: clientId,
    requiredClaims: ['exp', 'iat', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: clock.now(),
  };
  const verifyWith = (key: JWTVerifyGetKey) => jwtVerify(token, key, options);
  try {
    return await verifyWith(await keys.find(metadata.jwksUri)).catch(async (error: unknown) => {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await keys.findNewer(metadata.jwksUri) : undefined;
      if (newer === undefined) throw error;
      return verifyWith(newer);
    });
  } catch (error) {
    if (error instanceof TesseraError) throw error;
    throw refused(nameOfCheck(error));
  }
}

function nameOfCheck(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return error.claim;
  return error instanceof errors.JOSEError ? error.code : 'signature';
}

function accessTokenHash(alg: string, accessToken: string): string | undefined {
  const known = alg === 'Ed25519' ? 'EdDSA' : alg;
  return isSigningAlgorithm(known) ? leftHalfHash(known, accessToken) : undefined;
}

function refused(check: string): TesseraError {
  return signInError('invalidCallback', `the upstream's ID token fails the check of ${check}`);
}
