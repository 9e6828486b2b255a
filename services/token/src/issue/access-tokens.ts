import { mintAccessToken } from '@tessera/credentials';
import type { ResourceModel } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import { type AccessClaimsDependencies, type AccessTokenToDescribe, accessClaimsOf } from './access-claims.ts';
import { accessTokenAlgorithm } from './access-plan.ts';
import { createAccessTokenId, createGrantlessTokenId, createTokenNumber } from './access-token-id.ts';
import type { AccessTokenToGive } from './bundle-signer.ts';

/** What making access tokens needs. */
export interface AccessTokenMakerDependencies extends AccessClaimsDependencies {
  readonly resourceModel: ResourceModel;
  readonly accessTokenSecrets: TokenServiceOptions['accessTokenSecrets'];
}

/** An access token to make. */
export interface AccessTokenToMake extends Omit<AccessTokenToDescribe, 'tokenId'> {
  /** UUID; undefined = nothing stands behind it, which only a JWT can do without. */
  readonly grantId: string | undefined;
  /** Resource indicators of the request, which narrow the token; empty = none. */
  readonly resources: readonly string[];
}

/** Makes access tokens, all but the signature. */
export interface AccessTokenMaker {
  /** Throws OAuthError `invalid_target` when no algorithm is good for all its API resources. */
  make(token: AccessTokenToMake): AccessTokenToGive;
}

/** Makes JWTs (RFC 9068), or reference tokens for clients that are registered so. */
export function createAccessTokenMaker(dependencies: AccessTokenMakerDependencies): AccessTokenMaker {
  return {
    make({ grantId, resources, ...token }) {
      const { client, plan, authorization } = token;
      if (client.settings.accessTokenType === 'reference' && grantId !== undefined) {
        const isNarrowed = plan.scopes.length !== authorization.scopes.length;
        return {
          type: 'reference',
          token: mintAccessToken(dependencies.accessTokenSecrets.ring(), {
            grantId,
            number: createTokenNumber(),
            issuedAt: token.issuedAt,
            expiresAt: token.expiresAt,
            ...(isNarrowed && { scopes: plan.scopes }),
            ...(resources.length > 0 && { resources }),
          }),
        };
      }
      const algorithm = accessTokenAlgorithm(plan, client, dependencies.resourceModel);
      const tokenId = grantId === undefined ? createGrantlessTokenId() : createAccessTokenId(grantId);
      return { type: 'jwt', claims: { ...accessClaimsOf({ ...token, tokenId }, dependencies) }, algorithm };
    },
  };
}
