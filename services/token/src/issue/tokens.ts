import { randomUUID } from 'node:crypto';
import { epochSeconds } from '@tessera/clock';
import type { Authorization, Grant } from '@tessera/contracts';
import { mintRefreshToken } from '@tessera/credentials';
import { type Client, formatScope, PEER_SCOPE_PREFIX } from '@tessera/oauth';
import { assertOwnGrant } from '../grants/own-grant.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { type AccessPlan, planAccess } from './access-plan.ts';
import { type AccessTokenMaker, createAccessTokenMaker } from './access-tokens.ts';
import { createBundleSigner, type SignBundle } from './bundle-signer.ts';
import type { ClaimSources } from './claim-sources.ts';
import { clientAuthorization } from './client-authorization.ts';
import { idTokenClaimsOf } from './id-claims.ts';
import { expiriesAt } from './lifetimes.ts';

/** A successful answer of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3), by wire names. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Lifetime of the access token, in seconds. */
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope: string;
}

/** What tokens are to say. */
export interface TokensToIssue {
  readonly grant: Grant;
  readonly client: Client;
  /** Resource indicators of this request (RFC 8707 §2.2): the access token is for these alone; empty = for all that were granted. */
  readonly resources: readonly string[];
  /** Scopes of these tokens: the grant's, or fewer (RFC 6749 §6). */
  readonly scopes: readonly string[];
  readonly now: Date;
  /** When they end at the latest; undefined = as the client's lifetimes say. */
  readonly notAfter?: Date | undefined;
  /** For the first ID token of a grant only: refreshed ones have none (OIDC Core §12.2). */
  readonly nonce?: string | undefined;
}

/** An access token for a client that acts for itself (RFC 6749 §4.4). Nothing is written for it, unless it is a reference token. */
export interface ClientTokensToIssue {
  readonly client: Client;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly now: Date;
  /** Dex's: goes into the ID token that comes with `openid`. */
  readonly nonce?: string | undefined;
}

/**
 * Makes answers of the token endpoint. Both reject with the TesseraError of the signer or of storage, and with OAuthError
 * `invalid_target` for resources that no one token can be for.
 */
export interface TokenIssuing {
  /**
   * An access token; an ID token when `openid` is among the scopes; the refresh token of the grant's generation when the
   * grant is refreshable.
   */
  forGrant(tokens: TokensToIssue): Promise<TokenResponse>;
  forClient(tokens: ClientTokensToIssue): Promise<TokenResponse>;
}

/** What issuing needs. */
export type IssueDependencies = Pick<
  TokenServiceOptions,
  'config' | 'keys' | 'logger' | 'resourceModel' | 'refreshTokenSecrets' | 'accessTokenSecrets'
> & { readonly storage: Pick<TokenServiceOptions['storage'], 'createGrant'>; readonly claims: ClaimSources };

interface Tools extends IssueDependencies {
  readonly accessTokens: AccessTokenMaker;
  readonly signBundle: SignBundle;
}

/**
 * Issues tokens: one call of the keys service for an answer, before which everything else that can fail is done.
 */
export function createTokenIssuer(dependencies: IssueDependencies): TokenIssuing {
  const tools: Tools = {
    ...dependencies,
    accessTokens: createAccessTokenMaker(dependencies),
    signBundle: createBundleSigner(dependencies),
  };
  return {
    async forGrant(tokens) {
      const { grant, scopes, resources } = tokens;
      const { authorization, generation } = grant;
      // Before the signature, which costs most: without secrets there is no answer anyway.
      const refreshToken = authorization.isRefreshable
        ? mintRefreshToken(tools.refreshTokenSecrets.ring(), { grantId: grant.id, generation })
        : undefined;
      const plan = planAccess(
        { scopes, resources: resources.length > 0 ? resources : (authorization.details?.resources ?? []) },
        tools.resourceModel,
      );
      const response = await answer({ ...tokens, authorization, plan, grantId: grant.id }, tools);
      const { id_token: idToken, ...rest } = response;
      return {
        ...rest,
        ...(refreshToken !== undefined && { refresh_token: refreshToken }),
        ...(idToken !== undefined && { id_token: idToken }),
        scope: formatScope(plan.scopes),
      };
    },
    async forClient({ client, scopes, resources, now, nonce }) {
      const authorization = clientAuthorization(client, { scopes, resources }, now);
      const plan = planAccess({ scopes, resources }, tools.resourceModel);
      const isReference = client.settings.accessTokenType === 'reference';
      const grantId = isReference ? await createOwnGrant(authorization, client, now, tools) : undefined;
      const response = await answer({ client, scopes, resources, now, nonce, authorization, plan, grantId }, tools);
      return { ...response, scope: formatScope(plan.scopes) };
    },
  };
}

interface Answer {
  readonly authorization: Authorization;
  readonly client: Client;
  readonly plan: AccessPlan;
  /** Undefined = nothing stands behind the token. */
  readonly grantId: string | undefined;
  /** As asked for, before the plan. */
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly now: Date;
  readonly notAfter?: Date | undefined;
  readonly nonce?: string | undefined;
}

async function answer(
  { authorization, client, plan, grantId, scopes, resources, now, notAfter, nonce }: Answer,
  tools: Tools,
): Promise<Omit<TokenResponse, 'scope'>> {
  const ends = expiriesAt(now, tools.config.expiry, client, notAfter);
  const access = tools.accessTokens.make({
    authorization,
    client,
    plan,
    grantId,
    resources,
    issuedAt: now,
    expiresAt: ends.accessToken,
  });
  const idToken = scopes.includes('openid')
    ? {
        claims: idTokenClaimsOf(
          {
            authorization,
            client,
            scopes: idTokenScopes(authorization.scopes, scopes),
            tokenId: randomUUID(),
            issuedAt: now,
            expiresAt: ends.idToken,
            nonce,
            isAlone: false,
          },
          tools,
        ),
      }
    : undefined;
  const signed = await tools.signBundle({ client, access, idToken });
  return {
    access_token: signed.accessToken ?? '',
    token_type: 'Bearer',
    expires_in: epochSeconds(ends.accessToken) - epochSeconds(now),
    ...(signed.idToken !== undefined && { id_token: signed.idToken }),
  };
}

/** A reference token says nothing by itself, so also for a client that acts for itself something has to stand behind it. */
async function createOwnGrant(
  authorization: Authorization,
  client: Client,
  now: Date,
  { storage, config }: Tools,
): Promise<string> {
  const grantId = randomUUID();
  const grant = await storage.createGrant({
    grantId,
    authorization,
    tokensExpireAt: expiriesAt(now, config.expiry, client).lastToken,
    validIfNotUsedForSeconds: 0,
  });
  return assertOwnGrant(grant, { grantId, clientId: client.id }).id;
}

/** A refreshed ID token keeps the audience of the first one, also when fewer scopes are asked (OIDC Core §12.2). */
function idTokenScopes(granted: readonly string[], scopes: readonly string[]): readonly string[] {
  return granted.filter((scope) => scopes.includes(scope) || scope.startsWith(PEER_SCOPE_PREFIX));
}
