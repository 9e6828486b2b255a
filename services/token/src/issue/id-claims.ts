import type { Authorization } from '@tessera/contracts';
import { type Client, idTokenClaims, subjectFor } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import type { ClaimSources } from './claim-sources.ts';
import { isClientItself } from './client-authorization.ts';

/** What making the claims needs. */
export interface IdClaimsDependencies {
  readonly config: Pick<TokenServiceOptions['config'], 'issuer' | 'oauth2'>;
  readonly claims: ClaimSources;
}

/** An ID token that is to say something. */
export interface IdTokenToDescribe {
  readonly authorization: Authorization;
  readonly client: Client;
  readonly scopes: readonly string[];
  /** The claim `jti`. */
  readonly tokenId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly nonce?: string | undefined;
  /** No access token is issued with it, so it holds all that userinfo would say (OIDC Core §5.4). */
  readonly isAlone: boolean;
}

/**
 * The claims of an ID token (OIDC Core §2) before the hashes. A claim `sub` that was asked for with a value (OIDC Core §5.5.1)
 * is not looked at here: the authorization endpoint ends such a request before there is a token.
 */
export function idTokenClaimsOf(
  token: IdTokenToDescribe,
  { config, claims }: IdClaimsDependencies,
): Readonly<Record<string, unknown>> {
  const { authorization, client, scopes, isAlone, ...rest } = token;
  const { identity, connectorId, authTime, sessionId, details } = authorization;
  const subject = { client, identity, connectorId, scopes };
  const made = idTokenClaims({
    ...rest,
    ...subject,
    issuer: config.issuer,
    subject: subjectFor(client, { userId: identity.userId, connectorId }, config.oauth2.pairwiseSecret),
    clientId: client.id,
    authTime: isClientItself(authorization) ? undefined : authTime,
    sessionId,
    acr: details?.acr,
    amr: details?.amr,
    claims: claims.idToken({ ...subject, isAlone, requested: details?.claims?.idToken }),
  });
  return { ...made };
}
