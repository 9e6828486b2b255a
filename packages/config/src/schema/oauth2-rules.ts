import type { Report } from '../load/report.ts';
import type { ClientInput } from './clients/static-client.ts';
import { connectorNameFault, type KnownConnector } from './connectors/known-connectors.ts';
import { DEFAULT_GRANT_TYPES } from './grant-types.ts';
import type { OAuth2Input } from './oauth2.ts';
import { type ClientGrants, servedGrants } from './oauth2-offers.ts';
import { presentItems } from './partially.ts';
import { canonicalResponseType, missingGrant } from './response-types.ts';
import { checkTrustedIssuers } from './trusted-issuers.ts';

/** What the block is judged beside. */
export interface OAuth2Surroundings {
  readonly issuer: string | undefined;
  readonly connectors: readonly KnownConnector[] | undefined;
  readonly clients: readonly (ClientInput | undefined)[];
}

/** Connector types in which a person gives a password. */
const PASSWORD_CONNECTORS: ReadonlySet<string | undefined> = new Set(['local', 'ldap', 'mockPassword']);

/** Refuses lists of which nothing is left, connectors that cannot do it, issuers that cannot be trusted. */
export function checkOAuth2(oauth2: OAuth2Input, surroundings: OAuth2Surroundings, report: Report): void {
  checkResponseTypes(oauth2, report);
  checkGrantTypes(oauth2, surroundings.clients, report);
  checkPasswordConnector(oauth2?.passwordConnector, surroundings.connectors, report);
  checkTrustedIssuers(oauth2?.trustedIssuers, surroundings, report);
}

function checkGrantTypes(oauth2: OAuth2Input, clients: OAuth2Surroundings['clients'], report: Report): void {
  const path = ['oauth2', 'grantTypes'];
  const { grantTypes, responseTypes = ['code'], passwordConnector, trustedIssuers } = oauth2 ?? {};
  if (grantTypes?.length === 0) report.derived(path, 'must not be empty');
  const listed = presentItems(grantTypes).map(([, grant]) => grant);
  const types = presentItems(responseTypes).flatMap(([, type]) => canonicalResponseType(type) ?? []);
  // A part that is not understood may be the one that matters.
  if (listed.length !== grantTypes?.length || types.length !== responseTypes.length) return;
  const served = servedGrants({
    grantTypes: listed,
    responseTypes: types,
    hasPasswordConnector: Boolean(passwordConnector),
    hasTrustedIssuers: (trustedIssuers ?? []).length > 0,
    clients: presentItems(clients).map(([, client]) => toClientGrants(client)),
  });
  if (served.length === 0) report.derived(path, 'names nothing that could be used as the rest of the file is');
}

function toClientGrants({ grantTypes, allowedConnectors }: ClientInput): ClientGrants {
  const named = presentItems(grantTypes).map(([, grant]) => grant);
  return { grantTypes: named, allowedConnectors: presentItems(allowedConnectors).map(([, id]) => id) };
}

function checkResponseTypes(oauth2: OAuth2Input, report: Report): void {
  const grants = oauth2?.grantTypes ?? DEFAULT_GRANT_TYPES;
  const isInteractive = grants.includes('authorization_code') || grants.includes('implicit');
  if (oauth2?.responseTypes === undefined || grants.includes(undefined)) return;
  if (oauth2.responseTypes.length === 0) {
    if (isInteractive) report.derived(['oauth2', 'responseTypes'], 'must not be empty');
    return;
  }
  const types = oauth2.responseTypes.map((type) => (type === undefined ? undefined : canonicalResponseType(type)));
  if (types.every((type) => type !== undefined && missingGrant(type, grants) !== undefined))
    report.derived(['oauth2', 'responseTypes'], 'names nothing that the grants of oauth2.grantTypes allow');
}

function checkPasswordConnector(
  id: string | undefined,
  connectors: readonly KnownConnector[] | undefined,
  report: Report,
): void {
  if (!id) return;
  const path = ['oauth2', 'passwordConnector'];
  const fault = connectorNameFault(id, connectors);
  if (fault !== undefined) report.derived(path, fault);
  const connector = connectors?.find((known) => known.id === id);
  if (connector === undefined) return;
  if (!PASSWORD_CONNECTORS.has(connector.type))
    report.derived(path, `is a connector of type ${connector.type}, which takes no passwords`);
  else if (connector.grantTypes.length > 0 && !connector.grantTypes.includes('password'))
    report.derived(path, 'is a connector whose grantTypes do not have password');
}
