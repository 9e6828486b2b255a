import { OAuthError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, jsonResponse } from '@tessera/http';
import { MAX_BEARER_TOKEN_LENGTH, parseBearerToken, userInfoClaims } from '@tessera/oauth';
import type { VerifyAccessToken } from '../inspect/access-token.ts';
import { findLiveGrant } from '../inspect/live-grant.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { type BearerFailure, bearerChallenge } from '../protocol/challenge.ts';

/** What the endpoint needs. */
export type UserInfoDependencies = Pick<TokenServiceOptions, 'config' | 'clock' | 'storage' | 'clients'> & {
  readonly verifyAccessToken: VerifyAccessToken;
};

/**
 * The userinfo endpoint (OIDC Core §5.3). Answers who the grant's person is now, as far as the token's scopes go, by GET
 * and POST. An access token counts only while its grant stands.
 */
export function createUserInfoEndpoint(dependencies: UserInfoDependencies): HttpHandler {
  const { issuer } = dependencies.config;
  return async (request) => {
    const presented = await readToken(request, issuer);
    const now = dependencies.clock.now();
    const token = await dependencies.verifyAccessToken(presented, now);
    const grant = token && (await findLiveGrant(token.grantId, token.clientId, now, dependencies));
    if (token === undefined || grant === undefined) throw invalidToken(issuer);
    if (!token.scopes.includes('openid')) throw insufficientScope(issuer);
    const { identity, connectorId } = grant.authorization;
    return jsonResponse(200, userInfoClaims({ sub: token.subject, identity, scopes: token.scopes, connectorId }));
  };
}

const FORM_TYPE = /^application\/x-www-form-urlencoded/i;

/** From the header or the form, never from the address (RFC 6750 §2.1 and §2.2; §2.3 is not offered). */
async function readToken(request: HttpRequest, issuer: string): Promise<string> {
  const header = parseBearerToken(request.headers.authorization);
  const hasHeader = header.ok || header.reason === 'malformed';
  // A POST with the token in its header need not have a form (RFC 6750 §2.1).
  const hasForm = request.method === 'POST' && FORM_TYPE.test(request.headers['content-type'] ?? '');
  const form = hasForm ? await request.form() : undefined;
  const isInAddress = request.queryString !== '' && request.query().getAll('access_token').length > 0;
  if (isInAddress || (form?.repeated.length ?? 0) > 0 || (hasHeader && form?.has('access_token') === true)) {
    throw invalidRequest(issuer);
  }
  if (header.ok) return header.token;
  const inForm = form?.get('access_token');
  if (hasHeader || (inForm !== undefined && inForm.length > MAX_BEARER_TOKEN_LENGTH)) throw invalidToken(issuer);
  if (inForm === undefined) throw missingToken(issuer);
  return inForm;
}

/** Without an error code in the challenge, as nothing was tried yet (RFC 6750 §3.1). */
function missingToken(issuer: string): OAuthError {
  const headers = { 'www-authenticate': bearerChallenge(issuer) };
  return new OAuthError({ error: 'invalid_token', description: 'An access token is required.', status: 401, headers });
}

function invalidToken(issuer: string): OAuthError {
  const description = 'The access token is invalid, expired or revoked.';
  return bearerError(issuer, 401, { error: 'invalid_token', description });
}

function invalidRequest(issuer: string): OAuthError {
  const description = 'The access token must be sent once, in the header or in the form.';
  return bearerError(issuer, 400, { error: 'invalid_request', description });
}

function insufficientScope(issuer: string): OAuthError {
  const description = 'The access token has no scope openid.';
  return bearerError(issuer, 403, { error: 'insufficient_scope', description, scope: 'openid' });
}

function bearerError(issuer: string, status: number, failure: BearerFailure): OAuthError {
  const { error, description } = failure;
  const headers = { 'www-authenticate': bearerChallenge(issuer, failure) };
  return new OAuthError({ error, description, status, headers });
}
