import type { IssuerOffers } from '../schema/clients/issuer-offers.ts';
import { isOn } from '../schema/fields.ts';
import type { FileInput } from '../schema/file.ts';
import type { Partially } from '../schema/partially.ts';
import { knownScopes } from '../schema/resource-rules.ts';
import { signingAlgorithms } from '../schema/signers/signer.ts';

/** What clients are judged by, from a file whose parts may be missing; what is missing counts as it would by default. */
export function findIssuerOffers({ oauth2, resources, sessions, signer }: Partially<FileInput>): IssuerOffers {
  const { byValue = true, byReference = false } = oauth2?.requestObjects ?? {};
  return {
    algorithms: signingAlgorithms(signer),
    scopes: knownScopes(resources),
    hasPairwiseSecret: Boolean(oauth2?.pairwiseSecret),
    hasSessions: isOn(sessions?.enabled ?? true),
    hasRequestObjects: isOn(byValue) || isOn(byReference),
  };
}
