import type { ClientDirectory } from '@tessera/contracts';
import { withQuery } from './with-query.ts';

/** Where a person goes after signing out: an address that is registered for a client. */
export interface PostLogoutTarget {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Goes back unchanged. */
  readonly state?: string;
}

/** The address to go to (OIDC RP-Initiated Logout §3): with `state` if there was one, and nothing else. */
export function postLogoutLocation({ redirectUri, state }: PostLogoutTarget): string {
  return withQuery(redirectUri, state === undefined ? {} : { state });
}

/** Whether the client may still be answered there: it may have been disabled or changed meanwhile (N14, N38). */
export function isStillRegistered(
  { clientId, redirectUri }: PostLogoutTarget,
  { clients }: { readonly clients: Pick<ClientDirectory, 'find'> },
): boolean {
  const client = clients.find(clientId);
  return client?.isEnabled === true && client.postLogoutRedirectUris.includes(redirectUri);
}
