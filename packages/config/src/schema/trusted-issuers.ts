import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { TrustedIssuerConfig } from '../types.ts';
import { connectorNameFault, type KnownConnector } from './connectors/known-connectors.ts';
import { nameList, requiredText } from './fields.ts';
import { checkKeySet, keySetSchema, toKeySet } from './key-set.ts';
import { type Partially, presentItems } from './partially.ts';

/** One entry of `oauth2.trustedIssuers` (Tessera's own). */
export const trustedIssuerSchema = z.strictObject({
  issuer: requiredText('The `iss` of its assertions.'),
  keys: keySetSchema('The keys its assertions are verified with: inline or by address.'),
  connectorID: requiredText('Connector whose people its subjects are: `sub` is the user id there.'),
  clients: nameList('Clients that may present its assertions; empty = all that may use the grant.'),
});

type TrustedIssuer = Partially<z.input<typeof trustedIssuerSchema>>;

/** Rules within and between trusted issuers (RFC 7523 §3). */
export function checkTrustedIssuers(
  issuers: readonly (TrustedIssuer | undefined)[] | undefined,
  {
    connectors,
    issuer: own,
  }: { readonly connectors: readonly KnownConnector[] | undefined; readonly issuer: string | undefined },
  report: Report,
): void {
  const seen = new Map<string, number>();
  for (const [index, trusted] of presentItems(issuers)) {
    const path = ['oauth2', 'trustedIssuers', index];
    checkKeySet(trusted.keys, [...path, 'keys'], report);
    const fault = trusted.connectorID === undefined ? undefined : connectorNameFault(trusted.connectorID, connectors);
    if (fault !== undefined) report.derived([...path, 'connectorID'], fault);
    if (trusted.issuer === undefined) continue;
    const earlier = seen.get(trusted.issuer);
    if (trusted.issuer === own) report.derived([...path, 'issuer'], 'is this installation itself');
    else if (earlier === undefined) seen.set(trusted.issuer, index);
    else report.derived([...path, 'issuer'], `is the same as oauth2.trustedIssuers[${earlier}].issuer`);
  }
}

/** The effective entry. */
export function toTrustedIssuerConfig(trusted: z.output<typeof trustedIssuerSchema>): TrustedIssuerConfig {
  const { issuer, keys, connectorID, clients } = trusted;
  return { issuer, ...toKeySet(keys), connectorId: connectorID, clients };
}
