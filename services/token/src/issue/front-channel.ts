import { randomUUID } from 'node:crypto';
import { epochSeconds } from '@tessera/clock';
import type { Authorization, FrontChannelTokens, FrontChannelTokensToIssue, TokenApi } from '@tessera/contracts';
import { OAuthError, TesseraError } from '@tessera/errors';
import { type Client, includesResponseType, mayUseResponseType } from '@tessera/oauth';
import { failed, succeeded } from '@tessera/rpc';
import { assertOwnGrant } from '../grants/own-grant.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { planAccess } from './access-plan.ts';
import { type AccessTokenMaker, createAccessTokenMaker } from './access-tokens.ts';
import { createBundleSigner, type IdTokenToGive, type SignBundle } from './bundle-signer.ts';
import type { ClaimSources } from './claim-sources.ts';
import { idTokenClaimsOf } from './id-claims.ts';
import { expiriesAt } from './lifetimes.ts';

/** What the front channel needs. */
export type FrontChannelDependencies = Pick<
  TokenServiceOptions,
  'config' | 'clock' | 'keys' | 'logger' | 'clients' | 'resourceModel' | 'accessTokenSecrets'
> & { readonly storage: Pick<TokenServiceOptions['storage'], 'createGrant'>; readonly claims: ClaimSources };

interface Tools extends FrontChannelDependencies {
  readonly accessTokens: AccessTokenMaker;
  readonly signBundle: SignBundle;
}

/**
 * Issues the tokens of the authorization endpoint (OIDC Core §3.2.2.5 and §3.3.2.5), each request by itself: one that fails
 * fails alone. An access token has a grant that can be revoked and is never refreshable (RFC 6749 §4.2.2); an ID token alone
 * writes nothing.
 */
export function createFrontChannelApi(dependencies: FrontChannelDependencies): TokenApi {
  const tools: Tools = {
    ...dependencies,
    accessTokens: createAccessTokenMaker(dependencies),
    signBundle: createBundleSigner(dependencies),
  };
  return {
    issueFrontChannelTokens: (requests) =>
      Promise.all(
        requests.map((request) => issue(request, tools).then(succeeded, (thrown) => failed(asFailure(thrown)))),
      ),
  };
}

async function issue(request: FrontChannelTokensToIssue, tools: Tools): Promise<FrontChannelTokens> {
  const { hasAccessToken, hasIdToken, code, state, authorization: asked } = request;
  const client = findClient(asked.clientId, tools);
  assertResponseType(request, client, tools);
  const now = tools.clock.now();
  const authorization = withoutRefresh(asked);
  const ends = expiriesAt(now, tools.config.expiry, client);
  const { scopes, details } = authorization;
  const plan = planAccess({ scopes, resources: details?.resources ?? [] }, tools.resourceModel);
  const token = { authorization, client, plan, issuedAt: now };
  const access = hasAccessToken
    ? tools.accessTokens.make({ ...token, grantId: request.grantId, resources: [], expiresAt: ends.accessToken })
    : undefined;
  const isAlone = !hasAccessToken && code === undefined;
  const idToken = hasIdToken
    ? { claims: idClaims({ authorization, client, now, expiresAt: ends.idToken, isAlone }, tools), code, state }
    : undefined;
  // Neither needs the other, and a token whose grant was not kept is never answered.
  const [signed] = await Promise.all([
    tools.signBundle({ client, access, idToken }),
    hasAccessToken ? keepGrant(request.grantId, authorization, ends.accessToken, tools) : undefined,
  ]);
  return {
    ...signed,
    expiresInSeconds: hasAccessToken ? epochSeconds(ends.accessToken) - epochSeconds(now) : 0,
    scopes: hasAccessToken ? plan.scopes : scopes,
  };
}

function findClient(clientId: string, { clients }: Tools): Client {
  const client = clients.find(clientId);
  if (client?.isEnabled === true) return client;
  throw new TesseraError({
    kind: 'conflict',
    code: 'token.client_gone',
    message: 'the client of the authorization is not there or disabled',
  });
}

/**
 * What the authorization endpoint checks as well: whoever can speak in its name gets no tokens of a kind that the issuer or
 * the client does not have.
 */
function assertResponseType(
  { hasAccessToken, hasIdToken, code }: FrontChannelTokensToIssue,
  { settings }: Client,
  { config }: Tools,
): void {
  const words = new Set([
    ...(code === undefined ? [] : ['code']),
    ...(hasIdToken ? ['id_token'] : []),
    ...(hasAccessToken ? ['token'] : []),
  ]);
  if (includesResponseType(config.oauth2.responseTypes, words) && mayUseResponseType(settings, words)) return;
  throw new TesseraError({
    kind: 'permission_denied',
    code: 'token.response_type_refused',
    message: 'the issuer or the client does not have the response type of these tokens',
  });
}

function withoutRefresh(authorization: Authorization): Authorization {
  const details = { ...authorization.details, grantType: 'implicit' };
  return { ...authorization, details, isRefreshable: false, refreshesUpstream: false };
}

function idClaims(
  token: Pick<Parameters<typeof idTokenClaimsOf>[0], 'authorization' | 'client' | 'expiresAt' | 'isAlone'> & {
    readonly now: Date;
  },
  tools: Tools,
): IdTokenToGive['claims'] {
  const { now, authorization, ...rest } = token;
  const { scopes, nonce } = authorization;
  return idTokenClaimsOf({ ...rest, authorization, scopes, nonce, tokenId: randomUUID(), issuedAt: now }, tools);
}

async function keepGrant(
  grantId: string,
  authorization: Authorization,
  tokensExpireAt: Date,
  { storage }: Tools,
): Promise<void> {
  const grant = await storage.createGrant({ grantId, authorization, tokensExpireAt, validIfNotUsedForSeconds: 0 });
  assertOwnGrant(grant, { grantId, clientId: authorization.clientId });
}

/** Between services only a TesseraError is told apart. */
function asFailure(thrown: unknown): unknown {
  if (!(thrown instanceof OAuthError)) return thrown;
  return new TesseraError({ kind: 'invalid_argument', code: `token.${thrown.error}`, message: thrown.message });
}
