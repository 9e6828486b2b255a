import { parseRefreshToken, type RefreshTokenContent } from '@tessera/credentials';
import { type HttpHandler, jsonResponse } from '@tessera/http';
import type { Client } from '@tessera/oauth';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import type { VerifyAccessToken } from '../inspect/access-token.ts';
import { type ActiveToken, describeAccessToken, describeRefreshToken } from '../inspect/introspected.ts';
import { findLiveGrant } from '../inspect/live-grant.ts';
import { idleExpiry } from '../issue/lifetimes.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { readProtocolForm, requireParameter } from '../protocol/form.ts';

/** What the endpoint needs. */
export type IntrospectionDependencies = Pick<
  TokenServiceOptions,
  'config' | 'clock' | 'storage' | 'clients' | 'refreshTokenSecrets'
> & { readonly authenticate: AuthenticateClient; readonly verifyAccessToken: VerifyAccessToken };

/** All that is ever said of a token that is not active or not the caller's business (RFC 7662 §2.2, N73). */
const INACTIVE = { active: false } as const;

/**
 * The introspection endpoint (RFC 7662 §2) for confidential clients (N44). An access token is shown to its client and to
 * its audience, a refresh token to its client alone (N39); to everybody else it is inactive. `token_type_hint` is ignored,
 * as the kinds of tokens cannot be mistaken for one another.
 */
export function createIntrospectionEndpoint(dependencies: IntrospectionDependencies): HttpHandler {
  const { authenticate, clock, refreshTokenSecrets } = dependencies;
  return async (request) => {
    const form = await readProtocolForm(request);
    const caller = authenticate(request, form, 'confidential');
    const token = requireParameter(form, 'token');
    const now = clock.now();
    const refreshToken = parseRefreshToken(refreshTokenSecrets.ring(), token);
    const description =
      refreshToken === undefined
        ? await inspectAccessToken(token, caller, now, dependencies)
        : await inspectRefreshToken(refreshToken, caller, now, dependencies);
    return jsonResponse(200, description ?? INACTIVE);
  };
}

async function inspectAccessToken(
  presented: string,
  caller: Client,
  now: Date,
  dependencies: IntrospectionDependencies,
): Promise<ActiveToken | undefined> {
  const token = await dependencies.verifyAccessToken(presented, now);
  if (token === undefined || !(token.clientId === caller.id || token.audiences.includes(caller.id))) return undefined;
  const grant = await findLiveGrant(token.grantId, token.clientId, now, dependencies);
  return grant === undefined ? undefined : describeAccessToken(dependencies.config.issuer, token);
}

async function inspectRefreshToken(
  token: RefreshTokenContent,
  caller: Client,
  now: Date,
  dependencies: IntrospectionDependencies,
): Promise<ActiveToken | undefined> {
  const { issuer, expiry } = dependencies.config;
  const grant = await findLiveGrant(token.grantId, caller.id, now, dependencies);
  if (grant === undefined || grant.generation !== token.generation) return undefined;
  const idleAt = idleExpiry(grant.lastUsedAt, expiry);
  if (idleAt !== undefined && idleAt <= now) return undefined;
  const ends = [idleAt, grant.expiresAt].filter((end) => end !== undefined);
  const expiresAt = ends.length === 0 ? undefined : new Date(Math.min(...ends.map((end) => end.getTime())));
  return describeRefreshToken(issuer, grant, expiresAt);
}
