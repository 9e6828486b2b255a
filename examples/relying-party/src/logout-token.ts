import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

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

/**
 * Verifies a logout token (OIDC Back-Channel Logout §2.6). Undefined for a bad one. Throws when the issuer's keys cannot be
 * fetched: that says nothing about the token, and the issuer is to try again.
 */
export type LogoutTokenVerifier = (token: string) => Promise<LogoutTokenClaims | undefined>;

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Errors of the library that are about the keys, and not about the token. */
const ABOUT_KEYS: readonly string[] = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];

/** Verifies by the issuer's keys, which are fetched with the first token and again for a key that is new. */
export function createLogoutTokenVerifier({ metadata, clientId }: LogoutTokenExpectations): LogoutTokenVerifier {
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri ?? ''));
  const expected = {
    issuer: metadata.issuer,
    audience: clientId,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      return whoseSession(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError && !ABOUT_KEYS.includes(error.code)) return undefined;
      throw error;
    }
  };
}

function whoseSession(claims: Readonly<Record<string, unknown>>): LogoutTokenClaims | undefined {
  const { events, nonce, sub, sid } = claims;
  const isLogout = typeof events === 'object' && events !== null && EVENT in events && nonce === undefined;
  if (!isLogout || (typeof sub !== 'string' && typeof sid !== 'string')) return undefined;
  return { ...(typeof sub === 'string' ? { sub } : {}), ...(typeof sid === 'string' ? { sid } : {}) };
}
