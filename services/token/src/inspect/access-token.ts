import { epochSeconds } from '@tessera/clock';
import type { VerificationKeys } from '@tessera/contracts';
import { parseCompactJws, splitScope, verifyCompactJws } from '@tessera/oauth';
import { grantIdOfAccessToken, isGrantlessTokenId } from '../issue/access-token-id.ts';

/** An access token of this issuer that has not expired. Whether its grant stands is not known yet. */
export interface AccessToken {
  /** Undefined = there is none: a client's token for itself, which nothing but its end revokes. */
  readonly grantId: string | undefined;
  readonly tokenId: string;
  readonly clientId: string;
  /** As the client of the token knows the person. */
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  /** Epoch seconds. */
  readonly issuedAt: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** Everything the token says. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Reads an access token that is a JWT; undefined for anything that is not a good one at `now`. */
export type VerifyAccessToken = (token: string, now: Date) => Promise<AccessToken | undefined>;

/** The `typ` that only access tokens have (RFC 9068 §2.1), so that an ID token never passes for one (N81). */
const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * Verifies access tokens (RFC 9068 §4): signature by a key of this issuer, `typ`, `iss` and `exp`. The only call it may
 * lead to is the throttled one for an unknown `kid` (N78). Reference tokens are none of its business.
 */
export function createAccessTokenVerifier(
  issuer: string,
  verificationKeys: Pick<VerificationKeys, 'find'>,
): VerifyAccessToken {
  return async (token, now) => {
    const parsed = parseCompactJws(token);
    // What is plainly of somebody else must not lead to a call.
    if (!parsed.ok || parsed.jws.payload['iss'] !== issuer || parsed.jws.header.kid === undefined) return undefined;
    const key = await verificationKeys.find(parsed.jws.header.kid);
    if (key === undefined) return undefined;
    const verified = verifyCompactJws(token, { keys: [key], algorithms: [key.alg], typ: ACCESS_TOKEN_TYPE });
    return verified.ok ? readAccessClaims(verified.payload, now) : undefined;
  };
}

/** The access token that these claims are of; undefined when one is missing or of a wrong type, or it ended before `now`. */
export function readAccessClaims(claims: Readonly<Record<string, unknown>>, now: Date): AccessToken | undefined {
  const { jti, client_id: clientId, sub, exp, iat, aud, scope } = claims;
  if (typeof jti !== 'string' || typeof clientId !== 'string' || typeof sub !== 'string') return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number' || exp <= epochSeconds(now)) return undefined;
  const grantId = grantIdOfAccessToken(jti);
  if (grantId === undefined && !isGrantlessTokenId(jti)) return undefined;
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((name) => typeof name === 'string');
  const scopes = splitScope(typeof scope === 'string' ? scope : undefined);
  if (scopes === undefined) return undefined;
  return { grantId, tokenId: jti, clientId, subject: sub, audiences, scopes, issuedAt: iat, expiresAt: exp, claims };
}
