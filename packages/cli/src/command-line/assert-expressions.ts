import { assertClaimMappings, ClaimMappingError } from '@tessera/claim-mapping';
import type { TesseraConfig } from '@tessera/config';
import type { ClaimMappings } from '@tessera/oauth';
import { CommandFailure } from './failure.ts';

/** Throws CommandFailure for the expressions of a configuration that can never work, a sentence for each place. */
export function assertExpressions({ claims, resources, staticClients }: TesseraConfig): void {
  const places: readonly (readonly [where: string, mappings: ClaimMappings])[] = [
    ['claims.mappings', claims.mappings],
    ['claims.accessTokenMappings', claims.accessTokenMappings],
    ...resources.identityResources.map(
      ({ name, claimMappings }) => [`resources.identityResources (${name})`, claimMappings] as const,
    ),
    ...resources.apiScopes.map(({ name, claimMappings }) => [`resources.apiScopes (${name})`, claimMappings] as const),
    ...staticClients.map(({ id, settings }) => [`staticClients (${id})`, settings.claimMappings ?? {}] as const),
  ];
  const faults = places.flatMap(([where, mappings]) => faultOf(where, mappings) ?? []);
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'));
}

function faultOf(where: string, mappings: ClaimMappings): string | undefined {
  try {
    assertClaimMappings(mappings, where);
    return undefined;
  } catch (error) {
    if (error instanceof ClaimMappingError) return error.message;
    throw error;
  }
}
