import { createHash } from 'node:crypto';
import type { ResourcesConfig, TesseraConfig } from '@tessera/config';
import { unavailable } from '@tessera/errors';
import { type HttpHandler, type RouteSpec, routeTable } from '@tessera/http';
import {
  type AuthorizationServerMetadata,
  authorizationServerMetadata,
  createResourceModel,
  ENDPOINT_PATHS,
  type EndpointName,
  type SigningAlgorithm,
} from '@tessera/oauth';
import { conditionalResponse } from './conditional-response.ts';

/** The part of the configuration that decides what is switched on. */
export type MetadataConfig = Pick<TesseraConfig, 'issuer' | 'oauth2' | 'sessions' | 'resources' | 'claims'>;

/** The algorithms of this moment. */
export interface MetadataAlgorithms {
  /** Those that sign, the usual one first. */
  readonly signing: readonly SigningAlgorithm[];
  /** Those that are not configured any more, while tokens that were signed with them are in use. */
  readonly former: readonly SigningAlgorithm[];
  /** Until another one is known to sign, in seconds; may be infinite. Default: for ever. */
  readonly stableSeconds?: number;
}

const MAX_AGE_SECONDS = 300;

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * The discovery document (OIDC Discovery §4, RFC 8414 §3), the same at all its addresses (RFC 8414 §5): what this installation has switched on. Built anew only when the
 * algorithms change. It may be kept for five minutes, and never so long that it lacks an algorithm that tokens are signed with.
 * Throws `unavailable` while there is no key.
 */
export function createMetadataHandler(
  config: MetadataConfig,
  algorithms: () => MetadataAlgorithms | undefined,
): HttpHandler {
  const describe = createDescription(config);
  let last: { readonly algorithms: string; readonly body: string; readonly version: string } | undefined;
  const documentFor = (current: MetadataAlgorithms): { body: string; version: string } => {
    const names = `${current.signing.join()} ${current.former.join()}`;
    if (last?.algorithms !== names) {
      const body = JSON.stringify(describe(current), undefined, 2);
      last = { algorithms: names, body, version: createHash('sha256').update(body).digest('base64url') };
    }
    return last;
  };
  return async (request) => {
    const current = algorithms();
    if (current === undefined) throw unavailable('keys.not_ready', 'there is no signing key yet');
    const maxAgeSeconds = Math.max(0, Math.floor(Math.min(MAX_AGE_SECONDS, current.stableSeconds ?? MAX_AGE_SECONDS)));
    return conditionalResponse(request, { ...documentFor(current), cacheControl: `public, max-age=${maxAgeSeconds}` });
  };
}

function createDescription(config: MetadataConfig): (algorithms: MetadataAlgorithms) => AuthorizationServerMetadata {
  const { issuer, oauth2, sessions } = config;
  const grantTypes = offeredGrants(oauth2);
  const { scopesSupported, claimsSupported } = createResourceModel(withoutSecrets(config.resources));
  const hasRefreshTokens = grantTypes.includes('refresh_token');
  return ({ signing, former }) =>
    authorizationServerMetadata({
      issuer,
      endpoints: servedEndpoints(config),
      grantTypes,
      responseTypes: oauth2.responseTypes,
      responseModes: oauth2.responseModes,
      signingAlgorithms: signing,
      formerSigningAlgorithms: former,
      codeChallengeMethods: oauth2.pkce.codeChallengeMethodsSupported,
      scopes: scopesSupported.filter((scope) => scope !== 'offline_access' || hasRefreshTokens),
      claims: [...new Set([...claimsSupported, ...computedClaims(config.claims)])],
      hasPairwiseSubjects: oauth2.pairwiseSecret !== undefined,
      hasSessions: sessions.enabled,
      requestObjects: oauth2.requestObjects,
    });
}

/** The names that ArkID's applications read at the userinfo endpoint. */
const ARKID_CLAIMS = ['id', 'sub_id', 'tenant_id', 'tenant_slug'] as const;

/** Claims about the person that the configuration computes for everybody. */
function computedClaims({ mappings, presets }: TesseraConfig['claims']): readonly string[] {
  return [...Object.keys(mappings), ...(presets.includes('arkid') ? ARKID_CLAIMS : [])];
}

/** The password grant is offered where it has a connector to ask. */
function offeredGrants({ grantTypes, passwordConnector }: TesseraConfig['oauth2']): readonly string[] {
  return grantTypes.filter((grant) => grant !== 'password' || passwordConnector !== undefined);
}

/** Metadata needs no secret of an API resource, so none comes near it. */
function withoutSecrets(resources: ResourcesConfig): Parameters<typeof createResourceModel>[0] {
  return { ...resources, apiResources: resources.apiResources.map((resource) => ({ ...resource, secrets: [] })) };
}

/** The endpoints that the route table has and the configuration has switched on. */
function servedEndpoints({ oauth2, sessions }: MetadataConfig): readonly EndpointName[] {
  const routes: readonly RouteSpec[] = Object.values(routeTable);
  const names = Object.keys(ENDPOINT_PATHS) as EndpointName[];
  const isSwitchedOn = (name: EndpointName): boolean => {
    if (name === 'deviceAuthorization') return oauth2.grantTypes.includes(DEVICE_GRANT);
    return name !== 'checkSession' || sessions.enabled;
  };
  return names.filter((name) => isSwitchedOn(name) && routes.some((route) => route.path === ENDPOINT_PATHS[name]));
}
