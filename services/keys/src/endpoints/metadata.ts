import { createHash } from 'node:crypto';
import type { TesseraConfig } from '@tessera/config';
import { unavailable } from '@tessera/errors';
import { type HttpHandler, type RouteSpec, routeTable } from '@tessera/http';
import { authorizationServerMetadata, ENDPOINT_PATHS, type EndpointName, type SigningAlgorithm } from '@tessera/oauth';
import { conditionalResponse } from './conditional-response.ts';

/** Scopes with a meaning here (OIDC Core §5.4 and §11; `groups` as in Dex). */
const SCOPES = ['openid', 'email', 'groups', 'profile', 'offline_access', 'address', 'phone'] as const;

const CACHE_CONTROL = 'public, max-age=300';

/**
 * The discovery document (OIDC Discovery §4, RFC 8414 §3): what this installation has switched on, with the algorithms of
 * the published keys. Built anew only when those change. Throws `unavailable` while there is no key.
 */
export function createMetadataHandler(
  config: Pick<TesseraConfig, 'issuer' | 'oauth2'>,
  algorithms: () => readonly SigningAlgorithm[] | undefined,
): HttpHandler {
  let last:
    | { readonly algorithms: readonly SigningAlgorithm[]; readonly body: string; readonly version: string }
    | undefined;
  const documentFor = (current: readonly SigningAlgorithm[]): { body: string; version: string } => {
    if (last?.algorithms.join() !== current.join()) {
      const body = JSON.stringify(describe(config, current), undefined, 2);
      last = { algorithms: current, body, version: createHash('sha256').update(body).digest('base64url') };
    }
    return last;
  };
  return async (request) => {
    const current = algorithms();
    if (current === undefined) throw unavailable('keys.not_ready', 'there is no signing key yet');
    return conditionalResponse(request, { ...documentFor(current), cacheControl: CACHE_CONTROL });
  };
}

function describe(
  config: Pick<TesseraConfig, 'issuer' | 'oauth2'>,
  signingAlgorithms: readonly SigningAlgorithm[],
): ReturnType<typeof authorizationServerMetadata> {
  return authorizationServerMetadata({
    issuer: config.issuer,
    endpoints: servedEndpoints(),
    grantTypes: config.oauth2.grantTypes,
    responseTypes: config.oauth2.responseTypes,
    responseModes: ['query'],
    signingAlgorithms,
    codeChallengeMethods: config.oauth2.pkce.codeChallengeMethodsSupported,
    scopes: SCOPES,
  });
}

/** Routes that stand below a name of the metadata and do not do what the metadata would promise: `/logout` only forgets what was begun. */
const NOT_PROMISED: readonly EndpointName[] = ['endSession'];

/** The endpoints that the route table has. */
function servedEndpoints(): readonly EndpointName[] {
  const routes: readonly RouteSpec[] = Object.values(routeTable);
  const names = Object.keys(ENDPOINT_PATHS) as EndpointName[];
  return names.filter(
    (name) => !NOT_PROMISED.includes(name) && routes.some((route) => route.path === ENDPOINT_PATHS[name]),
  );
}
