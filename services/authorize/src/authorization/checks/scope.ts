import type { ClientDirectory } from '@tessera/contracts';
import { type AccessRequest, type Client, peersOfScopes, type ResourceModel, splitScope } from '@tessera/oauth';
import { Rejection } from '../refusal.ts';
import type { TypedRequest, ValidRequest } from '../request.ts';

/** What scopes are judged by. */
export interface ScopeContext {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly resourceModel: Pick<ResourceModel, 'find' | 'judge'>;
}

/**
 * RFC 6749 §3.3 with Dex's rules: `openid` is needed but for requests about APIs alone, an unrecognised scope is an error and
 * not ignored, and a token for another client (`audience:server:client_id:X`) is given only if X trusts this one. Resource
 * indicators by RFC 8707 §2. `offline_access` counts only where a code is issued (OIDC Core §11).
 */
export function checkScope(
  { asked, client, responseType }: TypedRequest,
  context: ScopeContext,
): Pick<ValidRequest, 'scopes' | 'resources'> {
  const scopes = splitScope(asked.get('scope'));
  if (scopes === undefined) throw new Rejection('invalid_scope', 'Unrecognized scope(s).');
  const needsOpenid = responseType.idToken || !isAboutApisAlone(scopes, context.resourceModel);
  if (needsOpenid && !scopes.includes('openid')) {
    throw new Rejection('invalid_scope', 'Missing required scope(s) [openid].');
  }
  const access = judgeAccess({ scopes, resources: asked.getAll('resource') }, client, context);
  return {
    scopes: responseType.code ? access.scopes : access.scopes.filter((scope) => scope !== 'offline_access'),
    resources: access.resources,
  };
}

/** What a client may have of what it asks for: all of it; else throws Rejection `invalid_scope` or `invalid_target` (N37). */
export function judgeAccess(
  asked: AccessRequest,
  client: Client,
  { clients, resourceModel }: ScopeContext,
): AccessRequest {
  const verdict = resourceModel.judge(asked, client);
  if (!verdict.ok) throw new Rejection(verdict.error, verdict.description);
  const trusts = (peerId: string): boolean => {
    const peer = clients.find(peerId);
    return peerId === client.id || (peer?.isEnabled === true && peer.trustedPeers.includes(client.id));
  };
  if (!peersOfScopes(asked.scopes).every(trusts)) {
    throw new Rejection('invalid_scope', 'The client may not ask for tokens for that audience.');
  }
  return verdict.access;
}

function isAboutApisAlone(scopes: readonly string[], { find }: Pick<ResourceModel, 'find'>): boolean {
  const kinds = scopes.map((scope) => find(scope)?.kind);
  return kinds.includes('api') && kinds.every((kind) => kind === 'api' || kind === 'offline_access');
}
