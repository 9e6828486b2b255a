import type { Authorization } from '@tessera/contracts';
import { type AccessTokenClaims, accessTokenClaims, type Client, subjectFor } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import type { AccessPlan } from './access-plan.ts';
import type { ClaimSources } from './claim-sources.ts';
import { isClientItself } from './client-authorization.ts';

/** What making the claims needs. */
export interface AccessClaimsDependencies {
  readonly config: Pick<TokenServiceOptions['config'], 'issuer' | 'oauth2'>;
  readonly claims: ClaimSources;
}

/** An access token that is to say something. */
export interface AccessTokenToDescribe {
  readonly authorization: Authorization;
  readonly client: Client;
  readonly plan: AccessPlan;
  /** The claim `jti`. */
  readonly tokenId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * The claims of an access token (RFC 9068 §2.2): what a JWT says, and what introspection says of a reference token. The
 * subject is as the client knows the person (OIDC Core §8).
 */
export function accessClaimsOf(
  token: AccessTokenToDescribe,
  { config, claims }: AccessClaimsDependencies,
): AccessTokenClaims {
  const { authorization, client, plan, ...times } = token;
  const { identity, connectorId, authTime, sessionId, details } = authorization;
  const { scopes, apiResources } = plan;
  return accessTokenClaims({
    ...times,
    issuer: config.issuer,
    subject: subjectFor(client, { userId: identity.userId, connectorId }, config.oauth2.pairwiseSecret),
    clientId: client.id,
    scopes,
    identity,
    connectorId,
    // A client does not sign in (RFC 9068 §2.2.1).
    authTime: isClientItself(authorization) ? undefined : authTime,
    sessionId,
    acr: details?.acr,
    amr: details?.amr,
    actor: details?.actor,
    apiResources,
    claims: claims.accessToken({ client, identity, connectorId, scopes, apiResources }),
  });
}
