import {
  type Client,
  type ClientAuthMethodName,
  HMAC_ALGORITHMS,
  type HmacJwsProblem,
  parseCompactJws,
  SIGNING_ALGORITHMS,
  verifyHmacJws,
} from '@tessera/oauth';
import type { ClientKeys } from './client-keys.ts';
import { checkJwtTimes, isAudienceOnly, isKeepableId, type JwtClaims, type JwtTimeProblem } from './jwt-claims.ts';
import { chooseType, verifySignedJwt } from './signed-jwt.ts';

/** Value of `client_assertion_type` (RFC 7523 §2.2). */
export const JWT_BEARER_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Header `typ` of a client assertion beside none and `JWT`. */
const ASSERTION_TYPE = 'client-authentication+jwt';

/** A client that says who it is by an assertion. */
export interface ClientAssertion {
  /** Value of `client_assertion`. */
  readonly assertion: string;
  /** The client of `client_id`, or of {@link claimedClientId}. */
  readonly client: Pick<Client, 'id' | 'hmacSecret' | 'settings'>;
  /** Our issuer identifier: always a valid audience. */
  readonly issuer: string;
  /** Addresses of the token endpoint and of the endpoint that was called: audiences unless the client's settings say `issuer`. */
  readonly endpoints: readonly string[];
  readonly now: Date;
}

/** Why a client assertion was refused; for logs. */
export type ClientAssertionProblem =
  | HmacJwsProblem
  | JwtTimeProblem
  | 'method-not-allowed'
  | 'no-secret'
  | 'wrong-issuer'
  | 'wrong-subject'
  | 'wrong-audience'
  | 'no-id';

/** Outcome of {@link verifyClientAssertion}. */
export type ClientAssertionOutcome =
  | {
      readonly ok: true;
      /** How the client really authenticated (N32). */
      readonly method: AssertionMethod;
      /** To be consumed once by the caller, among the ids of this client (N28). */
      readonly jti: string;
      /** The moment from which the assertion is refused; until then its `jti` has to be remembered. */
      readonly expiresAt: Date;
    }
  | { readonly ok: false; readonly reason: ClientAssertionProblem };

/** The methods that are assertions. */
export type AssertionMethod = Extract<ClientAuthMethodName, 'private_key_jwt' | 'client_secret_jwt'>;

/**
 * The client an assertion says it is from (RFC 7521 §4.2: `client_id` may be left out): its `sub`, when `iss` is the same.
 * Nothing is verified; undefined for what is no JWT.
 */
export function claimedClientId(assertion: string): string | undefined {
  const parsed = parseCompactJws(assertion);
  if (!parsed.ok) return undefined;
  const { iss, sub } = parsed.jws.payload;
  return typeof sub === 'string' && sub !== '' && iss === sub ? sub : undefined;
}

/**
 * Verifies the assertion of a client whose method is `private_key_jwt` or `client_secret_jwt` (RFC 7521 §4.2, RFC 7523 §3,
 * OIDC Core §9): signature, `iss`, `sub`, `aud`, `exp`, `nbf`, `iat` and `jti`. A secret must be as long as the hash
 * (RFC 7518 §3.2). That the `jti` is new is the caller's to check.
 *
 * @throws TesseraError `unavailable` when the client's keys cannot be fetched.
 */
export async function verifyClientAssertion(
  request: ClientAssertion,
  keys: ClientKeys,
): Promise<ClientAssertionOutcome> {
  const { authMethod: method } = request.client.settings;
  if (method !== 'private_key_jwt' && method !== 'client_secret_jwt') {
    return { ok: false, reason: 'method-not-allowed' };
  }
  const verified = method === 'private_key_jwt' ? await verifyByKeys(request, keys) : verifyBySecret(request);
  return verified.ok ? checkClaims(verified.claims, request, method) : verified;
}

type SignatureOutcome =
  | { readonly ok: true; readonly claims: JwtClaims }
  | { readonly ok: false; readonly reason: ClientAssertionProblem };

function verifyByKeys({ assertion, client }: ClientAssertion, keys: ClientKeys): Promise<SignatureOutcome> {
  const { authSigningAlg } = client.settings;
  const algorithms = SIGNING_ALGORITHMS.filter((alg) => authSigningAlg === undefined || authSigningAlg === alg);
  return verifySignedJwt(assertion, { keys, holder: client.settings, algorithms, typ: ASSERTION_TYPE });
}

function verifyBySecret({ assertion, client }: ClientAssertion): SignatureOutcome {
  const { hmacSecret: secret, settings } = client;
  if (secret === undefined) return { ok: false, reason: 'no-secret' };
  const parsed = parseCompactJws(assertion);
  if (!parsed.ok) return parsed;
  const { authSigningAlg } = settings;
  const algorithms = HMAC_ALGORITHMS.filter((alg) => authSigningAlg === undefined || authSigningAlg === alg);
  const typ = chooseType(parsed.jws.header.typ, ASSERTION_TYPE);
  const outcome = verifyHmacJws(assertion, { algorithms, secret, typ });
  return outcome.ok ? { ok: true, claims: outcome.payload } : outcome;
}

function checkClaims(claims: JwtClaims, request: ClientAssertion, method: AssertionMethod): ClientAssertionOutcome {
  const { client, now } = request;
  const { iss, sub, aud, jti } = claims;
  if (iss !== client.id) return { ok: false, reason: 'wrong-issuer' };
  if (sub !== client.id) return { ok: false, reason: 'wrong-subject' };
  if (!isAudience(aud, request)) return { ok: false, reason: 'wrong-audience' };
  const times = checkJwtTimes(claims, { now, needsExpiry: true });
  if (!times.ok) return times;
  if (times.expiresAt === undefined) return { ok: false, reason: 'no-expiry' };
  if (!isKeepableId(jti)) return { ok: false, reason: 'no-id' };
  return { ok: true, method, jti, expiresAt: times.expiresAt };
}

function isAudience(aud: unknown, { client, issuer, endpoints }: ClientAssertion): boolean {
  if (client.settings.assertionAudience === 'issuer') return aud === issuer;
  return isAudienceOnly(aud, [issuer, ...endpoints]);
}
