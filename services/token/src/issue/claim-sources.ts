import {
  type ClaimMappingContext,
  type CompiledMappings,
  createClaimMappingCompiler,
  createOnceReporter,
} from '@tessera/claim-mapping';
import {
  type ClaimRequest,
  type Client,
  type Identity,
  identityClaims,
  type KnownScopeDefinition,
  personClaims,
  requestedClaims,
  type ScopeDefinition,
  type ScopeKind,
  STANDARD_CLAIMS,
  withoutProtocolClaims,
} from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import { createClientMappings } from './client-mappings.ts';

/** What making claims needs. */
export type ClaimSourceDependencies = Pick<TokenServiceOptions, 'config' | 'resourceModel' | 'connectors' | 'logger'>;

/** About whom, and for whom, claims are made. */
export interface ClaimSubject {
  readonly client: Client;
  readonly identity: Identity;
  /** Empty for a client that acts for itself. */
  readonly connectorId: string;
  readonly scopes: readonly string[];
}

/** {@link ClaimSubject} of an ID token or a userinfo answer. */
export interface PersonClaimSubject extends ClaimSubject {
  /** Claims asked for one by one (OIDC Core §5.5). */
  readonly requested?: Readonly<Record<string, ClaimRequest>> | undefined;
}

/** {@link ClaimSubject} of an access token. */
export interface AccessClaimSubject extends ClaimSubject {
  /** Names of the API resources it is for. */
  readonly apiResources: readonly string[];
}

/** The claims beyond the protocol's, never one of the protocol itself. */
export interface ClaimSources {
  /** `isAlone`: no access token is issued with it, so userinfo cannot be asked (OIDC Core §5.4). */
  idToken(subject: PersonClaimSubject & { readonly isAlone: boolean }): Readonly<Record<string, unknown>>;
  userInfo(subject: PersonClaimSubject): Readonly<Record<string, unknown>>;
  accessToken(subject: AccessClaimSubject): Readonly<Record<string, unknown>>;
  /** Names of the claims in access tokens that an API resource is to know of (beyond those of the protocol). */
  apiClaimNames(apiResource: string, subject: Pick<ClaimSubject, 'client' | 'scopes'>): ReadonlySet<string>;
}

interface Mappings {
  readonly person: CompiledMappings;
  readonly access: CompiledMappings;
  ofScope(scope: string): CompiledMappings | undefined;
  ofClient(client: Client): CompiledMappings | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

interface Tools extends Pick<ClaimSourceDependencies, 'resourceModel' | 'connectors'> {
  readonly mappings: Mappings;
}

/**
 * Makes claims from the identity, the client and the mappings of the configuration (issuer, then scopes, then client). Throws
 * ClaimMappingError for mappings of the configuration that can never work.
 */
export function createClaimSources(dependencies: ClaimSourceDependencies): ClaimSources {
  const tools: Tools = { ...dependencies, mappings: compileMappings(dependencies) };
  return {
    idToken(subject) {
      const mode = subject.client.settings.idTokenClaims ?? 'dex';
      if (subject.isAlone || mode === 'always') return allPersonClaims(subject, tools);
      if (mode === 'minimal') return withoutOwnId(requestedPersonClaims(subject, tools), subject);
      const own = ofKind(subject.scopes, 'identity', tools).flatMap(configuredClaims);
      const base = { ...personClaims(own, subject), ...identityClaims(subject) };
      return withMappings({ ...base, ...requestedPersonClaims(subject, tools) }, subject, personMappings, tools);
    },
    userInfo: (subject) => allPersonClaims(subject, tools),
    accessToken(subject) {
      const ofApis = subject.apiResources.flatMap((name) => tools.resourceModel.findApiResource(name)?.claims ?? []);
      const ofScopes = ofKind(subject.scopes, 'api', tools).flatMap(({ claims }) => claims);
      const base = {
        ...personClaims([...ofApis, ...ofScopes], subject),
        ...identityClaims(subject),
        ...clientClaims(subject),
      };
      return withMappings(base, subject, accessMappings, tools);
    },
    apiClaimNames: (apiResource, { client, scopes }) => apiClaimNames(apiResource, client, scopes, tools),
  };
}

/** All that may be told of the person at userinfo: claims of the scopes, those asked for by name, and computed ones. */
function allPersonClaims(subject: PersonClaimSubject, tools: Tools): Claims {
  const ofScopes = ofKind(subject.scopes, 'identity', tools).flatMap(({ claims }) => claims);
  const base = { ...personClaims(ofScopes, subject), ...requestedPersonClaims(subject, tools) };
  return withMappings(base, subject, personMappings, tools);
}

/** A client with listed scopes gets no claim by its name that it could not have by a scope. */
function requestedPersonClaims(subject: PersonClaimSubject, { resourceModel }: Tools): Claims {
  const allowed = subject.client.settings.scopes;
  return requestedClaims(subject.requested ?? {}, subject, (claim) =>
    resourceModel.scopesWithClaim(claim).some((scope) => allowed === undefined || allowed.includes(scope)),
  );
}

function ofKind(
  scopes: readonly string[],
  kind: ScopeKind,
  { resourceModel }: Pick<Tools, 'resourceModel'>,
): readonly KnownScopeDefinition[] {
  return scopes.flatMap((name) => {
    const scope = resourceModel.find(name);
    return scope?.kind === kind ? [scope] : [];
  });
}

type ChooseMappings = (subject: ClaimSubject, tools: Tools) => readonly (CompiledMappings | undefined)[];

const personMappings: ChooseMappings = ({ scopes, client }, tools) => [
  tools.mappings.person,
  ...ofKind(scopes, 'identity', tools).map(({ name }) => tools.mappings.ofScope(name)),
  tools.mappings.ofClient(client),
];

const accessMappings: ChooseMappings = ({ scopes, client }, tools) => [
  tools.mappings.access,
  ...ofKind(scopes, 'api', tools).map(({ name }) => tools.mappings.ofScope(name)),
  tools.mappings.ofClient(client),
];

function withMappings(base: Claims, subject: ClaimSubject, choose: ChooseMappings, tools: Tools): Claims {
  let claims = withoutOwnId(withoutProtocolClaims(base), subject);
  for (const mappings of choose(subject, tools)) {
    if (mappings === undefined || mappings.claims.length === 0) continue;
    claims = { ...claims, ...mappings.evaluate(contextOf(subject, claims, tools.connectors)) };
  }
  return claims;
}

/** Whom a sector knows by a name of its own, it does not get the id of: two could tell by it that they know one person (OIDC Core §8.1). */
function withoutOwnId(claims: Claims, { client }: Pick<ClaimSubject, 'client'>): Claims {
  if (client.settings.subjectType !== 'pairwise') return claims;
  const { federated_claims: _ownId, ...others } = claims;
  return others;
}

function apiClaimNames(
  apiResource: string,
  client: Client,
  scopes: readonly string[],
  { resourceModel, mappings }: Tools,
): ReadonlySet<string> {
  const own = resourceModel.scopesOf(apiResource, scopes);
  return new Set([
    ...(resourceModel.findApiResource(apiResource)?.claims ?? []),
    ...own.flatMap((scope) => resourceModel.find(scope)?.claims ?? []),
    ...own.flatMap((scope) => mappings.ofScope(scope)?.claims ?? []),
    ...mappings.access.claims,
    ...(mappings.ofClient(client)?.claims ?? []),
    ...clientClaimNames(client),
  ]);
}

function compileMappings({ config, logger }: ClaimSourceDependencies): Mappings {
  const report = createOnceReporter(({ where, claim, fault }) => {
    logger.warn({ mapping: where, claim, reason: fault }, 'a computed claim is left out');
  });
  const compiler = createClaimMappingCompiler(report);
  const { identityResources, apiScopes } = config.resources;
  const compileScope = ({ name, claimMappings }: ScopeDefinition): readonly [string, CompiledMappings] => [
    name,
    compiler.compile(claimMappings, `resources: the scope "${name}"`),
  ];
  const scopes = new Map([...identityResources, ...apiScopes].map(compileScope));
  return {
    person: compiler.compile(config.claims.mappings, 'claims.mappings'),
    access: compiler.compile(config.claims.accessTokenMappings, 'claims.accessTokenMappings'),
    ofScope: (scope) => scopes.get(scope),
    ofClient: createClientMappings(compiler, report),
  };
}

function contextOf(
  { identity, client, connectorId, scopes }: ClaimSubject,
  claims: Readonly<Record<string, unknown>>,
  connectors: ClaimSourceDependencies['connectors'],
): ClaimMappingContext {
  const { type = '', name = '' } = connectors.find(connectorId) ?? {};
  return {
    identity,
    client: { id: client.id, name: client.name, claims: client.settings.claims ?? {} },
    connector: { id: connectorId, type, name },
    scopes,
    claims,
  };
}

/** Claims of a scope that it has by configuration; those of the standard scopes are chosen as Dex does. */
function configuredClaims({ name, claims }: KnownScopeDefinition): readonly string[] {
  const standard = STANDARD_CLAIMS.get(name) ?? [];
  return claims.filter((claim) => !standard.includes(claim));
}

/** Claims about the client itself: always, or where no person is involved. */
function clientClaims({ client, connectorId }: ClaimSubject): Readonly<Record<string, unknown>> {
  const { claims = {}, alwaysSendClientClaims = false, clientClaimsPrefix = 'client_' } = client.settings;
  if (!alwaysSendClientClaims && connectorId !== '') return {};
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [`${clientClaimsPrefix}${name}`, value]));
}

function clientClaimNames({ settings }: Client): readonly string[] {
  const { claims = {}, clientClaimsPrefix = 'client_' } = settings;
  return Object.keys(claims).map((name) => `${clientClaimsPrefix}${name}`);
}
