import { expect } from 'vitest';
import type { AuthorizationRequest } from '../driver/authorize.ts';
import type { EndpointAnswer } from '../driver/client.ts';
import { expectLifetime } from './authorization-answer.ts';
import { expectUnguessable } from './entropy.ts';
import { claimsOfScopes, expectUpdatedAt } from './scope-claims.ts';

/** A successful answer of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3). */
export function expectTokens({ status, headers, body }: EndpointAnswer): void {
  expect([status, body['error_description']]).toEqual([200, undefined]);
  expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  expect(headers.get('cache-control')).toContain('no-store');
  expect(String(body['token_type']).toLowerCase()).toBe('bearer');
  expect(body['expires_in']).toBeTypeOf('number');
  expectLifetime(Number(body['expires_in']));
  expect(body['id_token']).toBeTypeOf('string');
  expectUnguessable('access token', String(body['access_token']));
  const { refresh_token: refreshToken } = body;
  if (refreshToken === undefined) return;
  // RFC 6749 Appendix A.17.
  expect(refreshToken).toMatch(/^[\x20-\x7e]+$/);
  if (typeof refreshToken === 'string') expectUnguessable('refresh token', refreshToken);
}

/** A refusal of the token endpoint (RFC 6749 §5.2). */
export function expectTokenError({ status, headers, body }: EndpointAnswer, error: string): void {
  expect([status, body['error']]).toEqual([400, error]);
  expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  expect(body['error_description'] ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
}

/**
 * An answer of the userinfo endpoint (OIDC Core §5.3.2): the person of the ID token, and no claims beyond those of the scopes
 * and those that were asked for by name.
 */
export function expectUserinfo(
  { status, headers, body }: EndpointAnswer,
  request: AuthorizationRequest,
  subject: string | undefined,
): void {
  expect([status, headers.get('www-authenticate')]).toEqual([200, null]);
  expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  expect(body['sub']).toBeTypeOf('string');
  if (subject !== undefined) expect(body['sub']).toBe(subject);
  expectUpdatedAt(body);
  const legal = ['sub', ...claimsOfScopes(request.scope), ...request.userinfoClaims];
  expect(Object.keys(body).filter((name) => !legal.includes(name))).toEqual([]);
}
