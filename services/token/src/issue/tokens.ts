import { randomUUID } from 'node:crypto';
import type { TesseraConfig } from '@tessera/config';
import type { Grant, Keys, SecretKeeper, TokenToSign } from '@tessera/contracts';
import { mintRefreshToken } from '@tessera/credentials';
import { TesseraError } from '@tessera/errors';
import { accessTokenClaims, encodeSubject, formatScope, idTokenClaims, PEER_SCOPE_PREFIX } from '@tessera/oauth';
import { currentContext } from '@tessera/telemetry';
import { createAccessTokenId } from './access-token-id.ts';
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
  /** Scopes of these tokens: the grant's, or fewer (RFC 6749 §6). */
  readonly scopes: readonly string[];
  readonly now: Date;
  /** For the first ID token of a grant only: refreshed ones have none (OIDC Core §12.2). */
  readonly nonce?: string | undefined;
}

/** What issuing needs. */
export interface IssueDependencies {
  readonly config: Pick<TesseraConfig, 'issuer' | 'expiry'>;
  readonly keys: Pick<Keys, 'sign'>;
  readonly refreshTokenSecrets: Pick<SecretKeeper, 'ring'>;
}

/** Makes the answer for a grant. Throws the TesseraError of the signer. */
export type IssueTokens = (tokens: TokensToIssue) => Promise<TokenResponse>;

/**
 * Issues tokens: an access token, an ID token when `openid` is among the scopes, both signed by one call, and the refresh
 * token of the grant's generation when the grant is refreshable.
 */
export function createTokenIssuer({ config, keys, refreshTokenSecrets }: IssueDependencies): IssueTokens {
  return async (tokens) => {
    const { grant, scopes } = tokens;
    const { isRefreshable } = grant.authorization;
    // Before the signature, which costs most: without secrets there is no answer anyway.
    const refreshToken = isRefreshable
      ? mintRefreshToken(refreshTokenSecrets.ring(), { grantId: grant.id, generation: grant.generation })
      : undefined;
    const bundle = tokensToSign(tokens, config);
    const [accessToken, idToken] = await signPatiently(keys, bundle);
    if (accessToken === undefined || (bundle.length > 1 && idToken === undefined)) {
      throw new TesseraError({ kind: 'internal', code: 'token.signed_short', message: 'the signer left out a token' });
    }
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: config.expiry.accessTokensSeconds,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(idToken !== undefined && { id_token: idToken }),
      scope: formatScope(scopes),
    };
  };
}

const SIGN_PAUSE_MS = 200;
/** Kept back from the request's deadline for the answer. */
const ANSWER_MS = 1_000;

/**
 * Signs, and keeps trying while no signer answers and the request has time. By now the code is redeemed or the refresh
 * token replaced: an answer that comes late is better than one that never comes and makes the client's next try a reuse.
 */
async function signPatiently(keys: Pick<Keys, 'sign'>, bundle: readonly TokenToSign[]): Promise<readonly string[]> {
  const endMs = (currentContext()?.deadlineMs ?? performance.now()) - ANSWER_MS;
  for (;;) {
    try {
      return await keys.sign(bundle);
    } catch (error) {
      const isWorthIt = error instanceof TesseraError && error.kind === 'unavailable';
      if (!isWorthIt || performance.now() + SIGN_PAUSE_MS >= endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, SIGN_PAUSE_MS));
    }
  }
}

function tokensToSign(
  { grant, scopes, now, nonce }: TokensToIssue,
  { issuer, expiry }: IssueDependencies['config'],
): readonly TokenToSign[] {
  const { authorization } = grant;
  const { identity, connectorId, clientId, authTime } = authorization;
  const ends = expiriesAt(now, expiry);
  const subject = encodeSubject(identity.userId, connectorId);
  const both = { issuer, subject, clientId, identity, connectorId, authTime, issuedAt: now };
  const accessClaims = accessTokenClaims({
    ...both,
    scopes,
    tokenId: createAccessTokenId(grant.id),
    expiresAt: ends.accessToken,
  });
  const access: TokenToSign = { type: 'access_token', claims: { ...accessClaims } };
  if (!scopes.includes('openid')) return [access];
  const idClaims = idTokenClaims({
    ...both,
    scopes: idTokenScopes(authorization.scopes, scopes),
    tokenId: randomUUID(),
    expiresAt: ends.idToken,
    nonce,
  });
  return [access, { type: 'id_token', claims: { ...idClaims }, atHashOf: 0 }];
}

/** A refreshed ID token keeps the audience of the first one, also when fewer scopes are asked (OIDC Core §12.2). */
function idTokenScopes(granted: readonly string[], scopes: readonly string[]): readonly string[] {
  return granted.filter((scope) => scopes.includes(scope) || scope.startsWith(PEER_SCOPE_PREFIX));
}
