import type { ClientDirectory } from '@tessera/contracts';
import { OAuthError } from '@tessera/errors';
import {
  type AccessRequest,
  type Client,
  type Parameters,
  peersOfScopes,
  type ResourceModel,
  splitScope,
} from '@tessera/oauth';
import { trustsClient } from './standing.ts';

/** What judging a request needs. */
export interface AccessDependencies {
  readonly resourceModel: ResourceModel;
  readonly clients: Pick<ClientDirectory, 'find'>;
}

/** What a token request asks for, each once and not judged yet (RFC 6749 §3.3, RFC 8707 §2). Throws as {@link readScopes}. */
export function readRequestedAccess(form: Parameters): AccessRequest {
  return { scopes: readScopes(form) ?? [], resources: readResources(form) };
}

/** The scopes of the parameter `scope`; undefined = it was not sent. Throws OAuthError `invalid_scope` for what can be no scopes. */
export function readScopes(form: Parameters): readonly string[] | undefined {
  const value = form.get('scope');
  if (value === undefined) return undefined;
  const scopes = splitScope(value);
  if (scopes === undefined) throw invalidScope('Unrecognized scope(s).');
  return scopes;
}

/** The resource indicators of a request: the one parameter that may come several times. */
export function readResources(form: Parameters): readonly string[] {
  return [...new Set(form.getAll('resource'))];
}

/**
 * What of it the client may have (N37): all of it, or an error. Throws OAuthError `invalid_scope` for a scope that does not
 * exist, is not this client's, or asks for an audience that does not trust it, and `invalid_target` for a resource.
 */
export function judgeAccess(
  asked: AccessRequest,
  client: Client,
  { resourceModel, clients }: AccessDependencies,
): AccessRequest {
  const verdict = resourceModel.judge(asked, client);
  if (!verdict.ok) throw new OAuthError({ error: verdict.error, description: verdict.description });
  if (!arePeersTrusting(verdict.access, client, clients)) {
    throw invalidScope('The client may not ask for tokens for that audience.');
  }
  return verdict.access;
}

/** Whether {@link judgeAccess} would let all of it pass. */
export function mayHave(asked: AccessRequest, client: Client, { resourceModel, clients }: AccessDependencies): boolean {
  return resourceModel.judge(asked, client).ok && arePeersTrusting(asked, client, clients);
}

function arePeersTrusting({ scopes }: AccessRequest, client: Client, clients: AccessDependencies['clients']): boolean {
  return peersOfScopes(scopes).every((peer) => trustsClient(clients.find(peer), client));
}

/**
 * The scopes of a grant that its client may still have: what was taken from it since is left out silently, as the person
 * cannot give it any more (N23).
 */
export function scopesStillAllowed(
  granted: AccessRequest,
  client: Client,
  { resourceModel }: Pick<AccessDependencies, 'resourceModel'>,
): readonly string[] {
  if (resourceModel.judge(granted, client).ok) return granted.scopes;
  return granted.scopes.filter((scope) => {
    const verdict = resourceModel.judge({ scopes: [scope], resources: [] }, client);
    return verdict.ok || verdict.error !== 'invalid_scope';
  });
}

/**
 * The resources a token is to be for, as asked for, or without those of the grant that its client may not have any more (N23);
 * empty = all of the grant. Throws OAuthError `invalid_target` when one that was asked for is among them, or none is left.
 */
export function resourcesStillAllowed(
  asked: readonly string[],
  granted: readonly string[] | undefined,
  client: Client,
  { resourceModel }: Pick<AccessDependencies, 'resourceModel'>,
): readonly string[] {
  const wanted = asked.length > 0 ? asked : (granted ?? []);
  const allowed = wanted.filter((name) => resourceModel.judge({ scopes: [], resources: [name] }, client).ok);
  if (allowed.length === wanted.length) return asked;
  if (asked.length > 0 || allowed.length === 0) throw invalidTarget();
  return allowed;
}

/**
 * The resources a token is to be for, of those that were granted (RFC 8707 §2.2); empty = all of them. Throws OAuthError
 * `invalid_target` for any other.
 */
export function narrowResources(
  requested: readonly string[],
  granted: readonly string[] | undefined,
): readonly string[] {
  if (requested.every((resource) => granted?.includes(resource) === true)) return requested;
  throw invalidTarget();
}

/** RFC 6749 §5.2. */
export function invalidScope(description: string): OAuthError {
  return new OAuthError({ error: 'invalid_scope', description });
}

/** RFC 8707 §2, RFC 8693 §2.2.2. */
export function invalidTarget(): OAuthError {
  return new OAuthError({
    error: 'invalid_target',
    description: 'The resource or audience is not one of this request.',
  });
}
