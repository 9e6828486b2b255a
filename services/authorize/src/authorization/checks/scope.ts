import type { ClientDirectory } from '@tessera/contracts';
import { parseScope } from '@tessera/oauth';
import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest } from '../request.ts';

/**
 * RFC 6749 §3.3 with Dex's rules: `openid` is needed, an unrecognised scope is an error and not ignored, and a token for
 * another client (`audience:server:client_id:X`) only if X trusts this one.
 */
export function checkScope(
  request: RedirectableRequest,
  { clients }: { readonly clients: ClientDirectory },
): { readonly scopes: readonly string[] } {
  const scope = parseScope(request.parameters.get('scope'));
  if (!scope.hasOpenid) throw new ClientRefusal('invalid_scope', 'Missing required scope(s) [openid].', request);
  if (scope.unrecognized.length > 0) throw new ClientRefusal('invalid_scope', 'Unrecognized scope(s).', request);
  const untrusting = scope.peers.filter(
    (peer) => peer !== request.client.id && !trusts(clients, peer, request.client.id),
  );
  if (untrusting.length > 0) {
    throw new ClientRefusal('invalid_scope', 'The client may not ask for tokens for that audience.', request);
  }
  return { scopes: scope.scopes };
}

function trusts(clients: ClientDirectory, peerId: string, clientId: string): boolean {
  const peer = clients.find(peerId);
  return peer?.isEnabled === true && peer.trustedPeers.includes(clientId);
}
