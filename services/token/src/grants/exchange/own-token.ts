import { invalid } from '@tessera/http';
import type { Client } from '@tessera/oauth';
import type { InspectAccessToken, LiveAccessToken } from '../../inspect/live-access-token.ts';
import { type PresentedToken, tokenTypes, unsupportedType } from './token-types.ts';

/** One text whatever is wrong with a token: whose it is and what became of it is not told. */
const INVALID_TOKEN = 'The token is invalid, expired, revoked, or not meant for this client.';

/**
 * Reads a token that a client presents for an exchange. Only access tokens are taken: an ID token does not tell whether what
 * it came of still stands, and a refresh token is its client's alone. The client must be one it was issued to or is meant
 * for (N39), or anybody it is shown to could become its person. Throws OAuthError `invalid_request` (RFC 8693 §2.2.2).
 */
export async function readOwnToken(
  { token: presented, type }: PresentedToken,
  client: Client,
  now: Date,
  inspectAccessToken: InspectAccessToken,
): Promise<LiveAccessToken> {
  if (type !== tokenTypes.accessToken) throw unsupportedType();
  const concerns = (token: LiveAccessToken['token']): boolean =>
    token.clientId === client.id || token.audiences.includes(client.id);
  const live = await inspectAccessToken(presented, now, concerns);
  if (live === undefined) throw unacceptable();
  return live;
}

/** What is said of every token that cannot be exchanged. */
export function unacceptable(): Error {
  return invalid(400, INVALID_TOKEN);
}
