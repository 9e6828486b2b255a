import type { Identity } from './identity.ts';
import { personClaims } from './person-claims.ts';
import { STANDARD_SCOPES } from './standard-scopes.ts';

/** Input of {@link userInfoClaims}. */
export interface UserInfoClaimsInput {
  readonly sub: string;
  readonly identity: Identity;
  /** Scopes of the presented access token. */
  readonly scopes: readonly string[];
  /** Where the identity comes from; without it the scope `federated:id` adds nothing. */
  readonly connectorId?: string | undefined;
  /** Claims of a scope by their wire names. Default: of the standard scopes. */
  readonly claimsOfScope?: ((scope: string) => readonly string[]) | undefined;
}

/** Claims of a userinfo answer by their wire names. */
export type UserInfoClaims = { readonly sub: string } & Readonly<Record<string, unknown>>;

const STANDARD_CLAIMS: ReadonlyMap<string, readonly string[]> = new Map(
  STANDARD_SCOPES.map(({ name, claims }) => [name, claims]),
);

/** Every claim a userinfo answer may have without configuration, for the metadata's `claims_supported`. */
export const USERINFO_CLAIMS: readonly string[] = [...new Set([...STANDARD_CLAIMS.values()].flat())];

/**
 * The claims of a userinfo answer (OIDC Core §5.3.2): `sub`, and all claims of the granted scopes that are known about the
 * person (OIDC Core §5.4). What `identity.claims` holds beyond the claims of scopes, or in a wrong type, is left out.
 */
export function userInfoClaims(input: UserInfoClaimsInput): UserInfoClaims {
  const { sub, identity, scopes, connectorId, claimsOfScope = standardClaims } = input;
  return { ...personClaims(scopes.flatMap(claimsOfScope), { identity, connectorId }), sub };
}

function standardClaims(scope: string): readonly string[] {
  return STANDARD_CLAIMS.get(scope) ?? [];
}
