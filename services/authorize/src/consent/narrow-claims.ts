import type { ClaimsRequest, ResourceModel } from '@tessera/oauth';

/**
 * The claims of a request without those that only scopes stand for which the person left out: what is unticked is not told by
 * another way either.
 */
export function narrowClaims(
  claims: ClaimsRequest | undefined,
  scopes: { readonly asked: readonly string[]; readonly approved: readonly string[] },
  model: Pick<ResourceModel, 'find'>,
): ClaimsRequest | undefined {
  const claimsOf = (names: readonly string[]) => names.flatMap((name) => model.find(name)?.claims ?? []);
  const kept = new Set(claimsOf(scopes.approved));
  const dropped = new Set(
    claimsOf(scopes.asked.filter((name) => !scopes.approved.includes(name))).filter((claim) => !kept.has(claim)),
  );
  if (claims === undefined || dropped.size === 0) return claims;
  const without = <T>(part: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(part ?? {}).filter(([claim]) => !dropped.has(claim)));
  return { userinfo: without(claims.userinfo), idToken: without(claims.idToken) };
}
