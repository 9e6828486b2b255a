import { parseRefreshToken } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import type { HttpHandler } from '@tessera/http';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import type { VerifyAccessToken } from '../inspect/access-token.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { readProtocolForm, requireParameter } from '../protocol/form.ts';

/** What the endpoint needs. */
export type RevocationDependencies = Pick<
  TokenServiceOptions,
  'clock' | 'logger' | 'storage' | 'refreshTokenSecrets'
> & { readonly authenticate: AuthenticateClient; readonly verifyAccessToken: VerifyAccessToken };

const DONE = { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body: '' } as const;

/**
 * The revocation endpoint (RFC 7009 §2), also for public clients. A refresh token and an access token both end the grant
 * they belong to. Whatever is not a token of the caller, an ID token included, is answered with 200 and nothing happens
 * (RFC 7009 §2.2). Throws TesseraError `unavailable` (503) unless the revocation is durable (N80).
 */
export function createRevocationEndpoint(dependencies: RevocationDependencies): HttpHandler {
  const { authenticate, logger, storage } = dependencies;
  return async (request) => {
    const form = await readProtocolForm(request);
    const client = authenticate(request, form, 'all');
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

/** The grant a token belongs to; a refresh token does not tell its client, so storage compares it. */
async function findGrantId(
  presented: string,
  clientId: string,
  { clock, refreshTokenSecrets, verifyAccessToken }: RevocationDependencies,
): Promise<string | undefined> {
  const refreshToken = parseRefreshToken(refreshTokenSecrets.ring(), presented);
  if (refreshToken !== undefined) return refreshToken.grantId;
  const accessToken = await verifyAccessToken(presented, clock.now());
  return accessToken?.clientId === clientId ? accessToken.grantId : undefined;
}
