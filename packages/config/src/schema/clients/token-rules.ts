import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import { checkClaimMappings, isProtocolClaim } from '../claim-names.ts';
import { isOn } from '../fields.ts';
import { notSigned } from '../resource-rules.ts';
import { isHmac } from './credential-rules.ts';
import type { IssuerOffers } from './issuer-offers.ts';
import type { ClientInput } from './static-client.ts';

const DEFAULT_CLAIMS_PREFIX = 'client_';

/** What its tokens are signed with, and what they say. */
export function checkTokens(client: ClientInput, { algorithms }: IssuerOffers, path: ConfigPath, report: Report): void {
  const keys = ['idTokenSigningAlgorithm', 'accessTokenSigningAlgorithm', 'userinfoSigningAlgorithm'] as const;
  for (const key of keys) {
    const algorithm = client.tokens?.[key];
    if (algorithm === undefined) continue;
    const keyPath = [...path, 'tokens', key];
    if (!isHmac(algorithm)) {
      if (!algorithms.includes(algorithm)) report.derived(keyPath, notSigned(algorithm, algorithms));
    } else if (isOn(client.public)) {
      report.derived(
        keyPath,
        `is ${algorithm}, which is keyed by a secret that a public client cannot keep (OIDC Core §10.1)`,
      );
    }
  }
  checkClaimMappings(client.claims?.mappings, [...path, 'claims', 'mappings'], report);
  const prefix = client.claims?.prefix ?? DEFAULT_CLAIMS_PREFIX;
  for (const name of Object.keys(client.claims?.values ?? {})) {
    if (isProtocolClaim(`${prefix}${name}`))
      report.derived([...path, 'claims', 'values', name], `would be ${prefix}${name}: the token itself says that`);
  }
}
