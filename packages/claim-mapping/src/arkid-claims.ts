import type { Identity } from '@tessera/oauth';

/** What ArkID's clients read of a person at the userinfo endpoint, beside the standard claims. */
export interface ArkidClaims {
  readonly id: string;
  readonly sub_id: string;
  readonly groups: readonly string[];
  readonly tenant_id?: string;
  readonly tenant_slug?: string;
}

/** What {@link arkidClaims} needs. */
export interface ArkidClaimsInput {
  /** `sub` as the client knows the person. */
  readonly subject: string;
  /** Whether that is the subject of one sector alone; then the person's own id is not told (OIDC Core §8.1). */
  readonly isPairwise: boolean;
  readonly identity: Identity;
  readonly tenant?: { readonly id: string; readonly slug: string } | undefined;
}

/**
 * The claims of the preset `arkid`: the names under which ArkID's applications expect a person's id, groups and tenant,
 * whatever the scopes.
 */
export function arkidClaims({ subject, isPairwise, identity, tenant }: ArkidClaimsInput): ArkidClaims {
  const id = isPairwise ? subject : identity.userId;
  return {
    id,
    sub_id: id,
    groups: [...identity.groups],
    ...(tenant !== undefined && { tenant_id: tenant.id, tenant_slug: tenant.slug }),
  };
}
