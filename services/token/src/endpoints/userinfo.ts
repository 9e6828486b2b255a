import { arkidClaims } from '@tessera/claim-mapping';
import { epochSeconds } from '@tessera/clock';
import type { Grant } from '@tessera/contracts';
import { OAuthError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, type HttpResponse, jsonResponse } from '@tessera/http';
import { type Client, MAX_BEARER_TOKEN_LENGTH, parseBearerToken } from '@tessera/oauth';
import type { AccessToken } from '../inspect/access-token.ts';
import type { InspectAccessToken } from '../inspect/live-access-token.ts';
import type { ClaimSources } from '../issue/claim-sources.ts';
import { isClientItself } from '../issue/client-authorization.ts';
import { signOne } from '../issue/sign-one.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { type BearerFailure, bearerChallenge } from '../protocol/challenge.ts';

/** What the endpoint needs. */
export type UserInfoDependencies = Pick<TokenServiceOptions, 'config' | 'clock' | 'keys' | 'clients'> & {
  readonly inspectAccessToken: InspectAccessToken;
  readonly claims: ClaimSources;
};

/**
 * The userinfo endpoint (OIDC Core §5.3). Answers who the grant's person is now, as far as the token's scopes and the
 * request's parameter `claims` go, by GET and POST; as a signed JWT to clients that are registered so (OIDC Core §5.3.2). An
 * access token counts only while its grant stands; behind one that a client has for itself there is no person.
 */
export function createUserInfoEndpoint(dependencies: UserInfoDependencies): HttpHandler {
  const { issuer } = dependencies.config;
  return async (request) => {
    const presented = await readToken(request, issuer);
    const now = dependencies.clock.now();
    const live = await dependencies.inspectAccessToken(presented, now);
    const client = live && dependencies.clients.find(live.token.clientId);
    if (live === undefined || client === undefined) throw invalidToken(issuer);
    const { token, grant } = live;
    if (!token.scopes.includes('openid')) throw insufficientScope(issuer);
    if (grant === undefined || isClientItself(grant.authorization)) throw invalidToken(issuer);
    return answer({ token, grant, client, now }, dependencies);
  };
}

interface Person {
  readonly token: AccessToken;
  readonly grant: Grant;
  readonly client: Client;
  readonly now: Date;
}

async function answer(
  { token, grant, client, now }: Person,
  { config, keys, claims }: UserInfoDependencies,
): Promise<HttpResponse> {
  const { identity, connectorId, details } = grant.authorization;
  const { subject: sub, scopes } = token;
  const requested = details?.claims?.userinfo;
  const made = claims.userInfo({ client, identity, connectorId, scopes, requested });
  const isPairwise = client.settings.subjectType === 'pairwise';
  const preset = config.claims.presets.includes('arkid')
    ? arkidClaims({ subject: sub, isPairwise, identity, tenant: config.claims.arkidTenant })
    : {};
  const body = { ...preset, ...made, sub };
  const algorithm = client.settings.userinfoSignedResponseAlg;
  if (algorithm === undefined) return jsonResponse(200, body);
  const about = { iss: config.issuer, aud: client.id, iat: epochSeconds(now) };
  const signed = await signOne(keys, { type: 'userinfo', claims: { ...body, ...about }, algorithm });
  return {
    status: 200,
    headers: { 'content-type': 'application/jwt', 'cache-control': 'no-store', pragma: 'no-cache' },
    body: signed,
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
