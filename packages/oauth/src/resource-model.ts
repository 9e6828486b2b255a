import type { Client } from './client.ts';
import type { ApiResource, ScopeDefinition } from './resources.ts';

/** Where a scope comes from. `peer`: Dex's `audience:server:client_id:…`. */
export type ScopeKind = 'identity' | 'api' | 'peer' | 'offline_access';

/** A scope with what it is. */
export interface KnownScopeDefinition extends ScopeDefinition {
  readonly kind: ScopeKind;
}

/** What a client asks for. */
export interface AccessRequest {
  /** As asked, each once (RFC 6749 §3.3). */
  readonly scopes: readonly string[];
  /** Resource indicators (RFC 8707 §2); empty = none named. */
  readonly resources: readonly string[];
}

/** Whether a client may have what it asks for. */
export type AccessVerdict =
  | { readonly ok: true; readonly access: AccessRequest }
  | { readonly ok: false; readonly error: 'invalid_scope' | 'invalid_target'; readonly description: string };

/** What can be asked for at this issuer, looked up and judged. */
export interface ResourceModel {
  /** Undefined = there is no such scope. */
  find(scope: string): KnownScopeDefinition | undefined;
  /** Judges scopes and resource indicators by what exists and what the client's settings allow; trust between peers is not judged here. */
  judge(asked: AccessRequest, client: Pick<Client, 'settings'>): AccessVerdict;
  /** Names of the API resources that an access token with these scopes is for: those of the indicators, or all that are not isolated. */
  audiences(access: AccessRequest): readonly string[];
  /** Scopes of `scopes` that concern an API resource. */
  scopesOf(apiResource: string, scopes: readonly string[]): readonly string[];
  /** Names of the identity scopes that ask for a claim: who may have one of them may ask for the claim alone (OIDC Core §5.5). */
  scopesWithClaim(claim: string): readonly string[];
  findApiResource(name: string): ApiResource | undefined;
  /** API scopes a client gets from client_credentials when it names none: all it is allowed by name, or none. */
  defaultScopes(client: Pick<Client, 'settings'>): readonly string[];
  /** For discovery, in a stable order. */
  readonly scopesSupported: readonly string[];
  readonly claimsSupported: readonly string[];
}
