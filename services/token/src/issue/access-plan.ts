import { OAuthError } from '@tessera/errors';
import type { AccessRequest, Client, ResourceModel, SigningAlgorithm } from '@tessera/oauth';

/** What an access token is for. */
export interface AccessPlan {
  readonly scopes: readonly string[];
  /** Names of the API resources it is for, its audience. */
  readonly apiResources: readonly string[];
}

/**
 * What an access token with these scopes is for. With resource indicators it is for those alone, and of the API scopes only
 * theirs stay (RFC 8707 §2.2); other scopes are no matter of resources.
 */
export function planAccess(access: AccessRequest, resourceModel: ResourceModel): AccessPlan {
  const apiResources = resourceModel.audiences(access);
  if (access.resources.length === 0) return { scopes: access.scopes, apiResources };
  const reached = new Set(apiResources.flatMap((name) => resourceModel.scopesOf(name, access.scopes)));
  const scopes = access.scopes.filter((scope) => resourceModel.find(scope)?.kind !== 'api' || reached.has(scope));
  return { scopes, apiResources };
}

/**
 * The algorithm of an access token; undefined = the issuer's. Where API resources take some alone, it is the client's if all
 * of them take it, else the first that all take. Throws OAuthError `invalid_target` when there is none: no token would be
 * good for all of these resources at once (RFC 8707 §2).
 */
export function accessTokenAlgorithm(
  { apiResources }: AccessPlan,
  { settings }: Pick<Client, 'settings'>,
  resourceModel: ResourceModel,
): SigningAlgorithm | undefined {
  const wanted = settings.accessTokenSigningAlg;
  const [first, ...further] = apiResources.flatMap((name) => {
    const algorithms = resourceModel.findApiResource(name)?.signingAlgorithms;
    return algorithms === undefined ? [] : [algorithms];
  });
  if (first === undefined) return wanted;
  const common = first.filter((algorithm) => further.every((list) => list.includes(algorithm)));
  const chosen = common.find((algorithm) => algorithm === wanted) ?? common[0];
  if (chosen === undefined) {
    throw new OAuthError({
      error: 'invalid_target',
      description: 'The resources take no signature algorithm in common.',
    });
  }
  return chosen;
}
