import { federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { signInError } from '../../sign-in-errors.ts';
import { ACCESS_TOKEN_TYPE, type ConnectorAnswer, ID_TOKEN_TYPE } from '../connector.ts';
import { verifyIdToken } from './id-token.ts';
import { identityFromClaims } from './identity.ts';
import type { Upstream } from './upstream.ts';
import { requestUserinfoByToken } from './userinfo.ts';

/** A token of the upstream that somebody presents. */
export interface PresentedToken {
  readonly token: string;
  /** RFC 8693 §3. */
  readonly tokenType: string;
}

/**
 * Who a token of the upstream is about (RFC 8693, Dex's `connector_id`). An ID token must have been issued to us: it is verified as
 * at a sign-in, without nonce and access token (N79). An access token is presented at userinfo, where the configuration has
 * `getUserInfo`. Nothing is kept for a refresh. Throws `unsupportedExchange` for other types, `invalidCredentials` for a token that
 * the upstream did not issue or does not honour, and what {@link identityFromClaims} throws.
 */
export async function exchangeAtUpstream(upstream: Upstream, presented: PresentedToken): Promise<ConnectorAnswer> {
  const claims = await readClaims(upstream, presented);
  return { identity: identityFromClaims(claims, upstream.settings), data: '' };
}

async function readClaims(
  upstream: Upstream,
  { token, tokenType }: PresentedToken,
): Promise<Readonly<Record<string, unknown>>> {
  const { config } = upstream.settings;
  switch (tokenType) {
    case ID_TOKEN_TYPE: {
      const expected = { clientId: config.clientID, nonce: undefined, accessToken: undefined };
      const verifier = { metadata: await upstream.discover(), keys: upstream.keys, clock: upstream.clock };
      return verifyIdToken(token, expected, verifier).catch((error: unknown): never => {
        const isBadToken = error instanceof TesseraError && error.code === federationErrors.invalidCallback;
        throw isBadToken ? signInError('invalidCredentials', error.message) : error;
      });
    }
    case ACCESS_TOKEN_TYPE:
      if (!config.getUserInfo) {
        throw signInError('unsupportedExchange', 'an access token can be exchanged with getUserInfo only');
      }
      return requestUserinfoByToken({ metadata: await upstream.discover(), client: upstream.client }, token);
    default:
      throw signInError('unsupportedExchange', 'neither an ID token nor an access token');
  }
}
