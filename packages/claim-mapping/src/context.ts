import type { Identity } from '@tessera/oauth';

/** What an expression sees, under these names. */
export interface ClaimMappingContext {
  /** The person as the connector tells them. */
  readonly identity: Identity;
  /** The client the claims are for. */
  readonly client: { readonly id: string; readonly name: string; readonly claims: Readonly<Record<string, unknown>> };
  /** Where the identity comes from; `type` and `name` are empty for one that is not there any more. */
  readonly connector: { readonly id: string; readonly type: string; readonly name: string };
  /** Scopes of the token. */
  readonly scopes: readonly string[];
  /** The claims made so far. */
  readonly claims: Readonly<Record<string, unknown>>;
}
