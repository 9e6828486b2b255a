import type { ClaimMappings } from './claim-mappings.ts';
import type { SecretHash } from './client.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/** A scope as people and discovery see it. */
export interface ScopeDefinition {
  /** The scope itself. */
  readonly name: string;
  /** For the consent page; undefined = the name, or our own words for standard scopes. */
  readonly displayName?: string;
  readonly description?: string;
  /** People cannot untick it. Default false. */
  readonly required: boolean;
  /** The consent page sets it off. Default false. */
  readonly emphasize: boolean;
  /** Default true. */
  readonly showInDiscovery: boolean;
  /** Claims it asks for, by wire name. */
  readonly claims: readonly string[];
  /** Claims it computes. */
  readonly claimMappings: ClaimMappings;
}

/** An API that takes access tokens: a resource server. */
export interface ApiResource {
  /** Its audience; also what it signs in with at the introspection endpoint. */
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  /** Scopes of {@link Resources.apiScopes} that belong to it. */
  readonly scopes: readonly string[];
  /** Claims about the person in access tokens for it. */
  readonly claims: readonly string[];
  /** For introspection; empty = it may not ask. */
  readonly secrets: readonly SecretHash[];
  /** Reached only by its `resource` (RFC 8707), never by a scope alone. Default false. */
  readonly requireResourceIndicator: boolean;
  /** Undefined = any. */
  readonly signingAlgorithms?: readonly SigningAlgorithm[];
}

/** What clients can ask for. Names are unique over all scopes. */
export interface Resources {
  /** About the person: ID token and userinfo. The standard ones (`openid`, `profile`, `email`, `phone`, `address`) and Dex's (`groups`, `federated:id`) are always there. */
  readonly identityResources: readonly ScopeDefinition[];
  /** About APIs: access tokens. */
  readonly apiScopes: readonly ScopeDefinition[];
  readonly apiResources: readonly ApiResource[];
}
