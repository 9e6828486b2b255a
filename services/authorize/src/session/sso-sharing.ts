import type { SessionsConfig } from '@tessera/config';
import type { ClientDirectory } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import type { ClientEntry, SessionContent } from './session-content.ts';

/** Where sharing is looked up. */
export interface SharingContext {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly config: { readonly sessions: Pick<SessionsConfig, 'ssoSharedWithDefault'> };
}

/**
 * How a person may come to a client in a session: directly where they signed in at it, else by single sign-on from a client
 * they signed in at directly and that shares with it. Sharing is one-way and goes no further (as in Dex): a client that was
 * reached by single sign-on shares nothing. Undefined = not without signing in.
 */
export function entryTo(
  client: Pick<Client, 'id'>,
  { clients }: Pick<SessionContent, 'clients'>,
  context: SharingContext,
): ClientEntry | undefined {
  if (clients.get(client.id)?.via === 'direct') return 'direct';
  for (const [id, { via }] of clients) {
    if (via === 'direct' && sharesWith(context.clients.find(id), client, context)) return 'sso';
  }
  return undefined;
}

/** A client that is gone or disabled shares nothing. */
function sharesWith(source: Client | undefined, target: Pick<Client, 'id'>, { config }: SharingContext): boolean {
  if (source?.isEnabled !== true) return false;
  const shared = source.settings.ssoSharedWith ?? (config.sessions.ssoSharedWithDefault === 'all' ? ['*'] : []);
  return shared.includes('*') || shared.includes(target.id);
}
