/** The claims that say whom a token is for (OIDC Core §2). */
export interface TokenAudience {
  /** One audience is a text, several a list. */
  readonly aud: string | string[];
  /** The client that asked, when there are several audiences. */
  readonly azp?: string;
}

/**
 * Dex's rule of audiences: the peers asked for by `audience:server:client_id:X`, in order, then the client itself unless
 * it was named. That the peers trust the client has to be checked before.
 */
export function tokenAudience(clientId: string, peers: readonly string[]): TokenAudience {
  const audiences = [...new Set([...peers, clientId])];
  return audiences.length === 1 ? { aud: clientId } : { aud: audiences, azp: clientId };
}

/**
 * Whom an access token is for: the API resources it concerns and the peers asked for; where no API resource is concerned,
 * {@link tokenAudience}. Who asked says `client_id` (RFC 9068 §2.2), so tokens for API resources have no `azp`.
 */
export function accessTokenAudience(
  clientId: string,
  peers: readonly string[],
  apiResources: readonly string[],
): TokenAudience {
  if (apiResources.length === 0) return tokenAudience(clientId, peers);
  const [first = clientId, ...further] = new Set([...apiResources, ...peers]);
  return { aud: further.length === 0 ? first : [first, ...further] };
}
