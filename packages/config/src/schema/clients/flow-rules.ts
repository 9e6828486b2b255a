import { PEER_SCOPE_PREFIX } from '@tessera/oauth';
import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import { choiceFault, isOn } from '../fields.ts';
import { hasKeys } from '../key-set.ts';
import { presentItems } from '../partially.ts';
import { canonicalResponseType, grantsOfResponseType } from '../response-types.ts';
import type { IssuerOffers } from './issuer-offers.ts';
import { hostsOf, originsOf } from './redirect-uris.ts';
import type { ClientInput } from './static-client.ts';

/** What the client may ask for, and where that meets the rest of the file. */
export function checkFlows(client: ClientInput, offers: IssuerOffers, path: ConfigPath, report: Report): void {
  checkResponseTypes(client, path, report);
  if (isOn(client.public) && client.grantTypes?.includes('client_credentials') === true) {
    const position = client.grantTypes.indexOf('client_credentials');
    report.derived([...path, 'grantTypes', position], 'is only for confidential clients (RFC 6749 §4.4)');
  }
  for (const [index, scope] of presentItems(client.scopes)) {
    const isPeer = scope.startsWith(PEER_SCOPE_PREFIX) && scope.length > PEER_SCOPE_PREFIX.length;
    const fault = isPeer ? undefined : choiceFault(scope, offers.scopes);
    if (fault !== undefined) report.derived([...path, 'scopes', index], fault);
  }
  checkRequestObjects(client, offers, path, report);
  checkSubject(client, offers, path, report);
  checkLogout(client, offers, path, report);
}

function checkResponseTypes({ responseTypes, grantTypes }: ClientInput, path: ConfigPath, report: Report): void {
  if (grantTypes === undefined || grantTypes.includes(undefined)) return;
  for (const [index, written] of presentItems(responseTypes)) {
    const type = canonicalResponseType(written);
    const missing = type === undefined ? [] : grantsOfResponseType(type).filter((grant) => !grantTypes.includes(grant));
    if (missing.length > 0)
      report.derived(
        [...path, 'responseTypes', index],
        `needs ${missing.join(' and ')} in the grantTypes of this client`,
      );
  }
}

function checkRequestObjects(
  { requestObjects, keys }: ClientInput,
  { hasRequestObjects }: IssuerOffers,
  path: ConfigPath,
  report: Report,
): void {
  const isRequired = isOn(requestObjects?.required);
  if (isRequired && !hasRequestObjects)
    report.derived([...path, 'requestObjects', 'required'], 'contradicts oauth2.requestObjects, which accepts none');
  const needsKeys = isRequired || requestObjects?.signingAlgorithm !== undefined;
  if (needsKeys && !hasKeys(keys))
    report.derived([...path, 'keys'], 'is required with requestObjects: signed requests are verified with it');
}

/** OIDC Core §8.1: a sector is one host. */
function checkSubject(client: ClientInput, offers: IssuerOffers, path: ConfigPath, report: Report): void {
  if (client.subject?.type !== 'pairwise') return;
  const subjectPath = [...path, 'subject'];
  if (!offers.hasPairwiseSecret)
    report.derived([...subjectPath, 'type'], 'is pairwise, which needs oauth2.pairwiseSecret');
  if (client.subject.sectorIdentifier !== undefined) return;
  const hosts = hostsOf(client.redirectURIs ?? []);
  if (hosts.length === 1 && hosts[0] !== '') return;
  const why = hosts.length > 1 ? 'the redirect URIs have several hosts' : 'no redirect URI has a host';
  report.derived([...subjectPath, 'sectorIdentifier'], `is required: ${why} (OIDC Core §8.1)`);
}

/** OIDC Front-Channel Logout §2: scheme, host and port are those of a redirect URI. */
function checkLogout(client: ClientInput, { hasSessions }: IssuerOffers, path: ConfigPath, report: Report): void {
  const uri = client.logout?.frontchannelURI;
  const [origin] = originsOf([uri]);
  if (origin !== undefined && !originsOf(client.redirectURIs ?? []).includes(origin)) {
    report.derived(
      [...path, 'logout', 'frontchannelURI'],
      'must have the scheme, host and port of a redirect URI (OIDC Front-Channel Logout §2)',
    );
  }
  if (client.refreshTokenLifetime === 'session' && !hasSessions)
    report.derived(
      [...path, 'refreshTokenLifetime'],
      'is session, but sessions.enabled is off, so there is none to end with',
    );
}
