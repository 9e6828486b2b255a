import { matchRedirectUri } from '@tessera/oauth';
import { PageRefusal } from '../refusal.ts';
import type { ClientKnownRequest, RedirectableRequest } from '../request.ts';

/**
 * RFC 6749 §3.1.2.4: an unregistered or malformed redirect URI is told to the person and never followed. OIDC Core
 * §3.1.2.1 requires the parameter. A repeated `state` counts as none: there is no telling which one is meant.
 */
export function checkRedirectUri(request: ClientKnownRequest): RedirectableRequest {
  const { parameters, client } = request;
  if (parameters.repeated.includes('redirect_uri')) {
    throw new PageRefusal('untrusted-return', 'The parameter redirect_uri is there more than once.', client);
  }
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined) {
    throw new PageRefusal('untrusted-return', 'The parameter redirect_uri is missing.', client);
  }
  const match = matchRedirectUri(redirectUri, client);
  if (!match.ok) {
    throw new PageRefusal('untrusted-return', 'The redirect_uri is not registered for this client.', client);
  }
  return { ...request, redirectUri: match.redirectUri, state: parameters.get('state') };
}
