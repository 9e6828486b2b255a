import { epochSeconds } from '@tessera/clock';
import { parseRefreshToken, type RefreshTokenContent } from '@tessera/credentials';
import { type HttpHandler, type HttpRequest, type HttpResponse, jsonResponse } from '@tessera/http';
import { type Client, subjectFor } from '@tessera/oauth';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import { hasSessionEnded } from '../grants/refresh/session-bound.ts';
import type { AccessToken } from '../inspect/access-token.ts';
import { type ActiveToken, describeAccessToken, describeRefreshToken, describeToApi } from '../inspect/introspected.ts';
import { createIntrospectionCallers, type IntrospectionCaller } from '../inspect/introspection-caller.ts';
import type { InspectAccessToken } from '../inspect/live-access-token.ts';
import { findLiveGrant } from '../inspect/live-grant.ts';
import type { ClaimSources } from '../issue/claim-sources.ts';
import { idleExpiry } from '../issue/lifetimes.ts';
import { signOne } from '../issue/sign-one.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { readProtocolForm, requireParameter } from '../protocol/form.ts';

/** What the endpoint needs. */
export type IntrospectionDependencies = Pick<
  TokenServiceOptions,
  'config' | 'clock' | 'logger' | 'events' | 'storage' | 'keys' | 'clients' | 'resourceModel' | 'refreshTokenSecrets'
> & {
  readonly authenticate: AuthenticateClient;
  readonly inspectAccessToken: InspectAccessToken;
  readonly claims: ClaimSources;
};

/** All that is ever said of a token that is not active or not the caller's business (RFC 7662 §2.2, N73). */
const INACTIVE = { active: false } as const;

/** Media type of a signed answer (RFC 9701 §4). */
const SIGNED_TYPE = 'application/token-introspection+jwt';

/**
 * The introspection endpoint (RFC 7662 §2) for confidential clients (N44) and API resources. An access token is shown to
 * its client and to its audience, a refresh token to its client alone (N39); to everybody else it is inactive.
 * `token_type_hint` is ignored, as the kinds of tokens cannot be mistaken for one another. Whoever accepts
 * `application/token-introspection+jwt` gets the answer signed (RFC 9701).
 */
export function createIntrospectionEndpoint(dependencies: IntrospectionDependencies): HttpHandler {
  const { clock, refreshTokenSecrets } = dependencies;
  const authenticateCaller = createIntrospectionCallers(dependencies);
  return async (request) => {
    const form = await readProtocolForm(request);
    const caller = await authenticateCaller(request, form);
    const token = requireParameter(form, 'token');
    const now = clock.now();
    const refreshToken = parseRefreshToken(refreshTokenSecrets.ring(), token);
    const description =
      refreshToken === undefined
        ? await findAccessToken(token, caller, now, dependencies)
        : await findRefreshToken(refreshToken, caller, now, dependencies);
    return acceptsSigned(request)
      ? signedAnswer(description ?? INACTIVE, caller, now, dependencies)
      : jsonResponse(200, description ?? INACTIVE);
  };
}

async function findAccessToken(
  presented: string,
  caller: IntrospectionCaller,
  now: Date,
  { inspectAccessToken, claims, config, clients, resourceModel }: IntrospectionDependencies,
): Promise<ActiveToken | undefined> {
  const live = await inspectAccessToken(presented, now, (token) => concerns(token, caller));
  if (live === undefined) return undefined;
  const { token } = live;
  if (caller.type === 'client') return describeAccessToken(config.issuer, token);
  const client = clients.find(token.clientId);
  if (client === undefined) return undefined;
  return describeToApi(config.issuer, token, {
    apiResource: caller.name,
    scopes: resourceModel.scopesOf(caller.name, token.scopes),
    claimNames: claims.apiClaimNames(caller.name, { client, scopes: token.scopes }),
  });
}

function concerns({ clientId, audiences }: AccessToken, { type, name }: IntrospectionCaller): boolean {
  return audiences.includes(name) || (type === 'client' && clientId === name);
}

/** Refresh tokens are between their client and us: an API that is shown one is told nothing (N39). */
async function findRefreshToken(
  token: RefreshTokenContent,
  caller: IntrospectionCaller,
  now: Date,
  dependencies: IntrospectionDependencies,
): Promise<ActiveToken | undefined> {
  if (caller.type === 'api') return undefined;
  const { issuer, expiry, oauth2 } = dependencies.config;
  const grant = await findLiveGrant(token.grantId, caller.client.id, now, dependencies);
  if (grant === undefined || grant.generation !== token.generation) return undefined;
  if (await hasSessionEnded(grant, caller.client, dependencies)) return undefined;
  const expiresAt = endOf(caller.client, grant.lastUsedAt, grant.expiresAt, expiry);
  if (expiresAt !== undefined && expiresAt <= now) return undefined;
  const { identity, connectorId } = grant.authorization;
  const subject = subjectFor(caller.client, { userId: identity.userId, connectorId }, oauth2.pairwiseSecret);
  const isPairwise = caller.client.settings.subjectType === 'pairwise';
  return describeRefreshToken({ issuer, grant, subject, isPairwise, expiresAt });
}

function endOf(
  client: Client,
  lastUsedAt: Date,
  familyEnd: Date | undefined,
  expiry: TokenServiceOptions['config']['expiry'],
): Date | undefined {
  const ends = [idleExpiry(lastUsedAt, expiry, client), familyEnd].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : new Date(Math.min(...ends.map((end) => end.getTime())));
}

function acceptsSigned({ headers }: HttpRequest): boolean {
  const accepted = (headers.accept ?? '').split(',').map((range) => range.trim().toLowerCase());
  return accepted.some((range) => range.split(';', 1)[0]?.trim() === SIGNED_TYPE && !/;\s*q=0(\.0*)?$/.test(range));
}

/** RFC 9701 §5: about the answer, `iss`, `aud` and `iat`; about the token, `token_introspection`. Never `sub` or `exp`. */
async function signedAnswer(
  description: ActiveToken | typeof INACTIVE,
  caller: IntrospectionCaller,
  now: Date,
  { config, keys }: IntrospectionDependencies,
): Promise<HttpResponse> {
  const claims = {
    iss: config.issuer,
    aud: caller.name,
    iat: epochSeconds(now),
    token_introspection: description,
  };
  const signed = await signOne(keys, { type: 'introspection', claims });
  return {
    status: 200,
    headers: { 'content-type': SIGNED_TYPE, 'cache-control': 'no-store', pragma: 'no-cache' },
    body: signed,
  };
}
