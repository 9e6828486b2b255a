import { createHash } from 'node:crypto';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { expect } from 'vitest';
import type { AuthorizationRequest } from '../driver/authorize.ts';
import { claimsOfScopes } from './scope-claims.ts';

/** Claims of the protocol (OIDC Core §2 and §3.3.2.11, FAPI 1.0 §5.2.2.1, OIDC Front-Channel Logout §3). */
const PROTOCOL_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'jti', 'sid'],
  ...['at_hash', 'c_hash', 's_hash'],
];

const FIVE_MINUTES_SECONDS = 300;
const FIFTY_YEARS_SECONDS = 50 * 31_557_600;

/** What an ID token came together with. */
export interface Company {
  readonly accessToken?: string | undefined;
  readonly code?: string | undefined;
}

/**
 * An ID token that the client may believe (OIDC Core §3.1.3.7, §3.2.2.11 and §3.3.2.12): signature, issuer, audience, times,
 * nonce, hashes, and no claims beyond those of the protocol and of the scopes. In front of the token endpoint each hash is
 * required; behind it each has to be right where it is.
 */
export async function expectIdToken(
  idToken: string,
  request: AuthorizationRequest,
  where: 'front' | 'token endpoint',
  company: Company,
): Promise<JWTPayload> {
  const { provider, client, nonce } = request;
  expect(decodeProtectedHeader(idToken)).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  const { payload } = await jwtVerify(idToken, provider.keys, { issuer: provider.issuer, audience: client.id });
  const claims = { ...payload };
  const now = Math.floor(Date.now() / 1_000);
  expect(claims.aud).toBe(client.id);
  expect(claims['azp'] ?? client.id).toBe(client.id);
  expect(claims.sub).toMatch(/^[\x21-\x7e]{1,255}$/);
  expect(claims.iat).toBeGreaterThan(now - FIVE_MINUTES_SECONDS);
  expect(claims.iat).toBeLessThanOrEqual(now);
  expect(claims.exp).toBeGreaterThan(now);
  expect(claims.exp).toBeLessThan(now + FIFTY_YEARS_SECONDS);
  expect(claims['auth_time']).toBeLessThanOrEqual(now);
  expect(claims['nonce']).toBe(nonce);
  expectHash(claims, 'at_hash', company.accessToken, where);
  expectHash(claims, 'c_hash', company.code, where);
  const legal = [...PROTOCOL_CLAIMS, ...claimsOfScopes(request.scope), ...request.idTokenClaims];
  expect(Object.keys(claims).filter((name) => !legal.includes(name))).toEqual([]);
  return claims;
}

function expectHash(
  claims: JWTPayload,
  name: 'at_hash' | 'c_hash',
  value: string | undefined,
  where: 'front' | 'token endpoint',
): void {
  if (value === undefined) {
    expect(claims).not.toHaveProperty(name);
    return;
  }
  const hash = createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
  if (where === 'front' || name in claims) expect(claims[name]).toBe(hash);
}
