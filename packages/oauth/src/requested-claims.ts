import { isDeepStrictEqual } from 'node:util';
import type { ClaimRequest } from './claims-request.ts';
import { type Person, personClaim } from './person-claims.ts';

/**
 * The claims that the parameter `claims` asks for one by one (OIDC Core §5.5), as far as they are known about the person and
 * `isAllowed` says so. A claim that has another value than was asked for is left out; also an essential one that is missing is
 * no error (OIDC Core §5.5.1). `sub` and the other claims of the protocol are not made here.
 */
export function requestedClaims(
  requested: Readonly<Record<string, ClaimRequest>>,
  person: Person,
  isAllowed: (claim: string) => boolean,
): Readonly<Record<string, unknown>> {
  const claims = Object.entries(requested).flatMap(([name, request]): [string, unknown][] => {
    const value = isAllowed(name) ? personClaim(name, person) : undefined;
    return value !== undefined && isWanted(value, request) ? [[name, value]] : [];
  });
  return Object.fromEntries(claims);
}

function isWanted(value: unknown, { value: wanted, values }: ClaimRequest): boolean {
  if (wanted !== undefined && !isDeepStrictEqual(value, wanted)) return false;
  return values === undefined || values.some((one) => isDeepStrictEqual(value, one));
}
