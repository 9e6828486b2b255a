import { parseAccessToken, parseRefreshToken } from '@tessera/credentials';
import { OAuthError, unavailable } from '@tessera/errors';
import type { HttpHandler } from '@tessera/http';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import type { VerifyAccessToken } from '../inspect/access-token.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { readProtocolForm, requireParameter } from '../protocol/form.ts';

/** What the endpoint needs. */
export type RevocationDependencies = Pick<
  TokenServiceOptions,
  'clock' | 'logger' | 'storage' | 'refreshTokenSecrets' | 'accessTokenSecrets'
> & { readonly authenticate: AuthenticateClient; readonly verifyAccessToken: VerifyAccessToken };

const DONE = { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body: '' } as const;

/**
 * The revocation endpoint (RFC 7009 §2), also for public clients. A refresh token and an access token both end the grant
 * they belong to; a client's token for itself without a grant cannot be revoked, which is said (RFC 7009 §2.2.1). Whatever is
 * not a token of the caller, an ID token included, is answered with 200 and nothing happens (RFC 7009 §2.2). Throws
 * TesseraError `unavailable` (503) unless the revocation is durable (N80).
 */
export function createRevocationEndpoint(dependencies: RevocationDependencies): HttpHandler {
  const { authenticate, logger, storage } = dependencies;
  return async (request) => {
    const form = await readProtocolForm(request);
    const client = await authenticate(request, form, 'all');
    const grantId = await findGrantId(requireParameter(form, 'token'), client.id, dependencies);
    if (grantId === undefined) return DONE;
    const isRevoked = await storage
      .revokeGrant({ grantId, clientId: client.id, reason: 'client_request' })
      .catch((thrown: unknown) => {
        throw unavailable('token.revocation_not_durable', 'the revocation was not recorded', thrown);
      });
    if (isRevoked) logger.info({ client_id: client.id, grant_id: grantId }, 'grant revoked by its client');
    return DONE;
  };
}

/** The grant a token belongs to; opaque tokens do not tell their client, so storage compares it. */
async function findGrantId(
  presented: string,
  clientId: string,
  { clock, refreshTokenSecrets, accessTokenSecrets, verifyAccessToken }: RevocationDependencies,
): Promise<string | undefined> {
  const refreshToken = parseRefreshToken(refreshTokenSecrets.ring(), presented);
  if (refreshToken !== undefined) return refreshToken.grantId;
  const now = clock.now();
  const reference = parseAccessToken(accessTokenSecrets.ring(), presented);
  if (reference !== undefined) return reference.expiresAt > now ? reference.grantId : undefined;
  const accessToken = await verifyAccessToken(presented, now);
  if (accessToken?.clientId !== clientId) return undefined;
  if (accessToken.grantId === undefined) throw cannotBeRevoked();
  return accessToken.grantId;
}

function cannotBeRevoked(): OAuthError {
  const description = 'This access token cannot be revoked. It ends by itself.';
  return new OAuthError({ error: 'unsupported_token_type', description });
}
