import { keptFromText } from './kept.ts';
import type { Upstream } from './upstream.ts';

/** A sign-out to carry to the upstream. */
export interface UpstreamLogoutRequest {
  /** What was kept of the sign-in; empty, or nothing that can be read, sends no hint. */
  readonly data: string;
  readonly returnUrl: string;
  readonly state: string;
}

/**
 * Where the browser goes to sign out of the upstream too (OIDC RP-Initiated Logout §2); undefined when the upstream has no such
 * place. Throws a sign-in error when the upstream cannot be asked for its discovery document.
 */
export async function upstreamLogoutUrl(
  { settings, discover }: Pick<Upstream, 'settings' | 'discover'>,
  { data, returnUrl, state }: UpstreamLogoutRequest,
): Promise<string | undefined> {
  const { endSessionEndpoint } = await discover();
  if (endSessionEndpoint === undefined) return undefined;
  const url = new URL(endSessionEndpoint);
  const idToken = keptFromText(data)?.idToken;
  if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken);
  url.searchParams.set('client_id', settings.config.clientID);
  url.searchParams.set('post_logout_redirect_uri', returnUrl);
  url.searchParams.set('state', state);
  return url.href;
}
