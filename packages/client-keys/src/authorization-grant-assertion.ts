import { type JwsProblem, parseCompactJws, SIGNING_ALGORITHMS } from '@tessera/oauth';
import type { ClientKeys, KeyHolder } from './client-keys.ts';
import { checkJwtTimes, isAudienceOnly, isKeepableId, type JwtClaims, type JwtTimeProblem } from './jwt-claims.ts';
import { verifySignedJwt } from './signed-jwt.ts';

/** Header `typ` of an assertion beside none and `JWT`. */
const ASSERTION_TYPE = 'authorization-grant+jwt';

/** Somebody whose assertions are taken as grants; the configuration's entry of a trusted issuer is one. */
export interface AssertionIssuer extends KeyHolder {
  readonly issuer: string;
}

/** An assertion that is presented as a grant. */
export interface GrantAssertion {
  /** Value of `assertion`. */
  readonly assertion: string;
  /** The trusted issuer that {@link claimedAssertionIssuer} names. */
  readonly trusted: AssertionIssuer;
  /** Our issuer identifier and the address of the token endpoint. */
  readonly audiences: readonly string[];
  readonly now: Date;
}

/** Why an assertion was refused; for logs. */
export type GrantAssertionProblem =
  | JwsProblem
  | JwtTimeProblem
  | 'wrong-issuer'
  | 'no-subject'
  | 'wrong-audience'
  | 'bad-id';

/** Outcome of {@link verifyAuthorizationGrantAssertion}. */
export type GrantAssertionOutcome =
  | {
      readonly ok: true;
      /** Who the issuer says it is: the user id there. */
      readonly subject: string;
      /** To be consumed once by the caller, among the ids of this issuer (N28); undefined when the assertion has none. */
      readonly jti: string | undefined;
      /** The moment from which the assertion is refused. */
      readonly expiresAt: Date;
      readonly claims: JwtClaims;
    }
  | { readonly ok: false; readonly reason: GrantAssertionProblem };

/** Whom an assertion says it is from. Nothing is verified; undefined for what is no JWT or names nobody. */
export function claimedAssertionIssuer(assertion: string): string | undefined {
  const parsed = parseCompactJws(assertion);
  const iss = parsed.ok ? parsed.jws.payload['iss'] : undefined;
  return typeof iss === 'string' ? iss : undefined;
}

/**
 * Verifies an assertion that is presented as an authorization grant (RFC 7523 §2.1 and §3) with the keys of its issuer: signature
 * by an asymmetric algorithm, `iss`, `sub`, `aud`, `exp`, `nbf`, `iat`, and `jti` when it is there.
 *
 * @throws TesseraError `unavailable` when the issuer's keys cannot be fetched.
 */
export async function verifyAuthorizationGrantAssertion(
  { assertion, trusted, audiences, now }: GrantAssertion,
  keys: ClientKeys,
): Promise<GrantAssertionOutcome> {
  // Before its keys are asked for: nobody else's assertion is verified with them.
  if (claimedAssertionIssuer(assertion) !== trusted.issuer) return { ok: false, reason: 'wrong-issuer' };
  const verified = await verifySignedJwt(assertion, {
    keys,
    holder: trusted,
    algorithms: SIGNING_ALGORITHMS,
    typ: ASSERTION_TYPE,
  });
  if (!verified.ok) return verified;
  const { claims } = verified;
  const { sub, aud, jti } = claims;
  if (!isKeepableId(sub)) return { ok: false, reason: 'no-subject' };
  if (!isAudienceOnly(aud, audiences)) return { ok: false, reason: 'wrong-audience' };
  const times = checkJwtTimes(claims, { now, needsExpiry: true });
  if (!times.ok) return times;
  if (times.expiresAt === undefined) return { ok: false, reason: 'no-expiry' };
  if (jti !== undefined && !isKeepableId(jti)) return { ok: false, reason: 'bad-id' };
  return { ok: true, subject: sub, jti, expiresAt: times.expiresAt, claims };
}
