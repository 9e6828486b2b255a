import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Whose session ended. At least one of the two is there. */
export interface LogoutTokenClaims {
  readonly sub?: string;
  readonly sid?: string;
}

/** What tokens are verified by. */
export interface LogoutTokenExpectations {
  readonly metadata: { readonly issuer: string; readonly jwks_uri?: string };
  readonly clientId: string;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Verifies a logout token (OIDC Back-Channel Logout §2.6). Throws Error for a bad one. */
export async function verifyLogoutToken(
  token: string,
  { metadata, clientId }: LogoutTokenExpectations,
): Promise<LogoutTokenClaims> {
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri ?? ''));
  const { payload } = await jwtVerify(token, keys, {
    issuer: metadata.issuer,
    audience: clientId,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  });
  const { events, nonce, sub, sid } = payload;
  if (nonce !== undefined) throw new Error('a logout token has no nonce');
  if (typeof events !== 'object' || events === null || !(EVENT in events)) throw new Error('not a logout token');
  if (typeof sub !== 'string' && typeof sid !== 'string') throw new Error('a logout token names a person or a session');
  return { ...(typeof sub === 'string' ? { sub } : {}), ...(typeof sid === 'string' ? { sid } : {}) };
}
