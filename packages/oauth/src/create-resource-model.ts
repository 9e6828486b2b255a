import type { Client } from './client.ts';
import { isResourceIndicator } from './resource-indicator.ts';
import type { AccessRequest, AccessVerdict, KnownScopeDefinition, ResourceModel, ScopeKind } from './resource-model.ts';
import type { ApiResource, Resources, ScopeDefinition } from './resources.ts';
import { isScopeToken, PEER_SCOPE_PREFIX } from './scopes.ts';
import { STANDARD_SCOPES } from './standard-scopes.ts';
import { USERINFO_CLAIMS } from './userinfo-claims.ts';

/** No resources beyond the standard scopes. */
export const NO_RESOURCES: Resources = { identityResources: [], apiScopes: [], apiResources: [] };

type ClientSettingsOnly = Pick<Client, 'settings'>;

/**
 * Makes the model of what can be asked for: the standard scopes, Dex's `audience:server:client_id:X`, and what is
 * configured. A configured identity resource with the name of a standard identity scope shows in its place and adds to its
 * claims. Throws a `RangeError` for a configuration that is ambiguous: a name that stands for two things, a scope outside
 * the charset of RFC 6749 §3.3, an API resource of unknown scopes, or one with the id of a client (`clientIds`), as both are
 * audiences and sign in at introspection.
 */
export function createResourceModel(resources: Resources, clientIds: Iterable<string> = []): ResourceModel {
  const scopes = indexScopes(resources);
  const apiResources = indexApiResources(resources.apiResources, scopes, new Set(clientIds));
  const scopesByClaim = Map.groupBy(
    [...scopes.values()].flatMap(({ name, kind, claims }) =>
      kind === 'identity' ? claims.map((claim) => [claim, name] as const) : [],
    ),
    ([claim]) => claim,
  );
  const find = (scope: string): KnownScopeDefinition | undefined => scopes.get(scope) ?? peerScope(scope);
  const scopesOf = (name: string, among: readonly string[]): readonly string[] => {
    const own = apiResources.get(name)?.scopes ?? [];
    return among.filter((scope) => own.includes(scope));
  };
  return {
    find,
    scopesOf,
    scopesWithClaim: (claim) => (scopesByClaim.get(claim) ?? []).map(([, name]) => name),
    findApiResource: (name) => apiResources.get(name),
    judge: (asked, client) => judgeScopes(asked, client, find) ?? judgeResources(asked, client, apiResources),
    audiences: ({ scopes: granted, resources: named }) =>
      named.length > 0
        ? named.filter((name) => apiResources.has(name))
        : [...apiResources.values()]
            .filter(
              ({ name, requireResourceIndicator }) => !requireResourceIndicator && scopesOf(name, granted).length > 0,
            )
            .map(({ name }) => name),
    defaultScopes: ({ settings }) => (settings.scopes ?? []).filter((scope) => find(scope)?.kind === 'api'),
    scopesSupported: [...scopes.values()].filter((scope) => scope.showInDiscovery).map(({ name }) => name),
    claimsSupported: claimsSupported([...scopes.values()]),
  };
}

function indexScopes({ identityResources, apiScopes }: Resources): ReadonlyMap<string, KnownScopeDefinition> {
  const scopes = new Map<string, KnownScopeDefinition>(STANDARD_SCOPES.map((scope) => [scope.name, scope]));
  const configured = new Set<string>();
  const add = (scope: ScopeDefinition, kind: ScopeKind): void => {
    const { name } = scope;
    const standard = scopes.get(name);
    if (!isScopeToken(name) || name.startsWith(PEER_SCOPE_PREFIX)) throw new RangeError(`"${name}" cannot be a scope`);
    if (configured.has(name) || (standard !== undefined && (kind !== 'identity' || standard.kind !== 'identity'))) {
      throw new RangeError(`The scope "${name}" is defined more than once`);
    }
    configured.add(name);
    scopes.set(name, { ...scope, kind, claims: [...new Set([...(standard?.claims ?? []), ...scope.claims])] });
  };
  for (const scope of identityResources) add(scope, 'identity');
  for (const scope of apiScopes) add(scope, 'api');
  return scopes;
}

function indexApiResources(
  apiResources: readonly ApiResource[],
  scopes: ReadonlyMap<string, KnownScopeDefinition>,
  clientIds: ReadonlySet<string>,
): ReadonlyMap<string, ApiResource> {
  const index = new Map<string, ApiResource>();
  for (const resource of apiResources) {
    const { name } = resource;
    if (name === '') throw new RangeError('An API resource has no name');
    if (index.has(name)) throw new RangeError(`The API resource "${name}" is defined more than once`);
    if (clientIds.has(name)) throw new RangeError(`"${name}" is both an API resource and a client`);
    const unknown = resource.scopes.find((scope) => scopes.get(scope)?.kind !== 'api');
    if (unknown !== undefined) throw new RangeError(`The API resource "${name}" has the unknown scope "${unknown}"`);
    index.set(name, resource);
  }
  return index;
}

function peerScope(name: string): KnownScopeDefinition | undefined {
  const isPeer = name.startsWith(PEER_SCOPE_PREFIX) && name.length > PEER_SCOPE_PREFIX.length && isScopeToken(name);
  if (!isPeer) return undefined;
  return {
    name,
    kind: 'peer',
    required: false,
    emphasize: false,
    showInDiscovery: false,
    claims: [],
    claimMappings: {},
  };
}

/** The first thing that is wrong with the scopes; undefined = nothing. */
function judgeScopes(
  { scopes }: AccessRequest,
  { settings }: ClientSettingsOnly,
  find: ResourceModel['find'],
): AccessVerdict | undefined {
  const definitions = scopes.map(find);
  if (definitions.includes(undefined)) return refused('invalid_scope', 'Unrecognized scope(s).');
  const allowed = settings.scopes;
  const isAllowed = definitions.every(
    (scope) =>
      scope === undefined ||
      allowed === undefined ||
      scope.name === 'openid' ||
      scope.kind === 'peer' ||
      allowed.includes(scope.name),
  );
  return isAllowed ? undefined : refused('invalid_scope', 'The client may not ask for that scope.');
}

/** Resource indicators have to name API resources, of which a client with listed scopes has at least one of those listed. */
function judgeResources(
  access: AccessRequest,
  { settings }: ClientSettingsOnly,
  apiResources: ReadonlyMap<string, ApiResource>,
): AccessVerdict {
  for (const name of new Set(access.resources)) {
    const resource = apiResources.get(name);
    if (resource === undefined) {
      const isWellFormed = isResourceIndicator(name);
      return refused('invalid_target', isWellFormed ? 'The resource is unknown.' : 'The resource is no absolute URI.');
    }
    const allowed = settings.scopes;
    if (allowed !== undefined && !resource.scopes.some((scope) => allowed.includes(scope))) {
      return refused('invalid_target', 'The client may not ask for that resource.');
    }
  }
  return { ok: true, access: { scopes: access.scopes, resources: [...new Set(access.resources)] } };
}

function refused(error: 'invalid_scope' | 'invalid_target', description: string): AccessVerdict {
  return { ok: false, error, description };
}

function claimsSupported(scopes: readonly KnownScopeDefinition[]): readonly string[] {
  const shown = scopes.filter(({ kind, showInDiscovery }) => kind === 'identity' && showInDiscovery);
  const further = shown.flatMap(({ claims, claimMappings }) => [...claims, ...Object.keys(claimMappings)]);
  return [...new Set([...USERINFO_CLAIMS, ...further])];
}
