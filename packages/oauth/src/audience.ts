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
