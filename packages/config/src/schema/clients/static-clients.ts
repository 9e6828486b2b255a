import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import type { OAuth2Config, TesseraConfig } from '../../types.ts';
import { extensionGrantWarning, isExtensionGrant } from '../grant-types.ts';
import { presentItems } from '../partially.ts';
import { warnAboutSecrets } from '../secrets.ts';
import { checkCredentials } from './credential-rules.ts';
import { checkFlows } from './flow-rules.ts';
import type { IssuerOffers } from './issuer-offers.ts';
import { unusableReason } from './redirect-uris.ts';
import type { ClientInput, ClientOutput } from './static-client.ts';
import { checkTokens } from './token-rules.ts';

/** Rules within and between clients; secrets are filled from their sources before. */
export function checkStaticClients(
  clients: readonly (ClientInput | undefined)[] | undefined,
  offers: IssuerOffers,
  report: Report,
): void {
  const seen = new Map<string, number>();
  for (const [index, client] of presentItems(clients)) {
    const path = ['staticClients', index];
    if (!client.id) report.derived([...path, 'id'], 'is required (or idEnv)');
    checkCredentials(client, path, report);
    checkFlows(client, offers, path, report);
    checkTokens(client, offers, path, report);
    const earlier = client.id ? seen.get(client.id) : undefined;
    if (earlier !== undefined) report.derived([...path, 'id'], `is the same as staticClients[${earlier}].id`);
    else if (client.id) seen.set(client.id, index);
  }
}

/** What warnings about clients are judged by. */
export type WarningSurroundings = Pick<TesseraConfig, 'connectors' | 'oauth2' | 'sessions'> & { readonly now: Date };

/** What has no effect: redirect URIs that no request may name, connectors that are not configured, grants that are not offered. */
export function warnAboutStaticClients(
  clients: readonly ClientOutput[],
  surroundings: WarningSurroundings,
  report: Report,
): void {
  const connectorIds = surroundings.connectors.map(({ id }) => id);
  for (const [index, client] of clients.entries()) {
    const path = ['staticClients', index];
    for (const [position, uri] of client.redirectURIs.entries()) {
      const why = unusableReason(uri);
      if (why !== undefined) report.warning([...path, 'redirectURIs', position], `is never redirected to: ${why}`);
    }
    const unknown = client.allowedConnectors.filter((id) => !connectorIds.includes(id));
    if (unknown.length > 0)
      report.warning([...path, 'allowedConnectors'], `names connectors that are not configured: ${unknown.join(', ')}`);
    warnAboutSecrets(client.secrets, [...path, 'secrets'], surroundings.now, report);
    warnAboutOffers(client, surroundings.oauth2, path, report);
    if (!surroundings.sessions.enabled) warnAboutMissingSessions(client, path, report);
    const { absoluteLifetime = 0, validIfNotUsedFor = 0 } = client.refreshTokens;
    if (absoluteLifetime > 0 && validIfNotUsedFor > absoluteLifetime) {
      const keyPath = [...path, 'refreshTokens', 'validIfNotUsedFor'];
      report.warning(keyPath, 'is longer than absoluteLifetime, so it never takes effect');
    }
  }
}

/** What a client may, and the installation does not offer. */
function warnAboutOffers(client: ClientOutput, oauth2: OAuth2Config, path: ConfigPath, report: Report): void {
  for (const [index, grant] of (client.grantTypes ?? []).entries()) {
    const grantPath = [...path, 'grantTypes', index];
    if (!oauth2.grantTypes.includes(grant))
      report.warning(grantPath, `has no effect: ${grant} is not offered (oauth2.grantTypes)`);
    else if (isExtensionGrant(grant)) report.warning(grantPath, extensionGrantWarning(grant));
    else if (grant === 'password' && !oauth2.passwordConnector && client.allowedConnectors.length === 0)
      report.warning(
        grantPath,
        'has no effect: there is no oauth2.passwordConnector, and allowedConnectors names none',
      );
  }
  for (const [index, type] of (client.responseTypes ?? []).entries()) {
    if (!oauth2.responseTypes.includes(type))
      report.warning([...path, 'responseTypes', index], `has no effect: ${type} is not offered (oauth2.responseTypes)`);
  }
  if (client.requestObjects.uris !== undefined && !oauth2.requestObjects.byReference)
    report.warning([...path, 'requestObjects', 'uris'], 'has no effect: oauth2.requestObjects.byReference is off');
}

function warnAboutMissingSessions(client: ClientOutput, path: ConfigPath, report: Report): void {
  const given: readonly (readonly [readonly string[], unknown])[] = [
    [['backchannelLogoutURI'], client.backchannelLogoutURI || undefined],
    [['logout', 'frontchannelURI'], client.logout.frontchannelURI],
    [['ssoSharedWith'], client.ssoSharedWith],
  ];
  for (const [keys, value] of given) {
    if (value !== undefined) report.warning([...path, ...keys], 'has no effect: sessions.enabled is off');
  }
}
