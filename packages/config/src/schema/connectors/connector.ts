import * as z from 'zod';
import type { Report } from '../../load/report.ts';
import type { ConnectorConfig } from '../../types.ts';
import { type Partially, presentItems } from '../partially.ts';
import { checkLdapConnector, ldapConnectorSchema, toLdapConnectorConfig, warnAboutLdapConnector } from './ldap.ts';
import { mockCallbackSchema, mockPasswordSchema } from './mock.ts';
import { checkOidcConnector, oidcConnectorSchema, toOidcConnectorConfig, warnAboutOidcConnector } from './oidc.ts';

/** One entry of `connectors`. */
export const connectorSchema = z
  .discriminatedUnion('type', [ldapConnectorSchema, oidcConnectorSchema, mockCallbackSchema, mockPasswordSchema])
  .meta({
    description: 'An upstream identity system.',
    otherTypes: {
      noun: 'connector',
      knownFromDex: [
        'local',
        'saml',
        'samlExperimental',
        'github',
        'gitlab',
        'google',
        'microsoft',
        'oauth',
        'bitbucket-cloud',
        'gitea',
        'linkedin',
        'openshift',
        'atlassian-crowd',
        'keystone',
        'authproxy',
      ],
      hints: {
        local: 'for passwords kept here set enablePasswordDB: true',
        google: 'an oidc connector with issuer https://accounts.google.com signs the same people in',
        microsoft: 'an oidc connector with the tenant’s issuer signs the same people in',
        gitlab: 'an oidc connector with the GitLab address as issuer signs the same people in',
      },
    },
  });

type Connector = Partially<z.input<typeof connectorSchema>>;

/** The connector that `enablePasswordDB` adds. */
export const localConnector: ConnectorConfig = {
  id: 'local',
  type: 'local',
  name: 'Email',
  grantTypes: [],
  config: {},
};

/** Rules within and between connectors. */
export function checkConnectors(
  connectors: readonly (Connector | undefined)[] | undefined,
  { isPasswordDbEnabled, issuer }: { readonly isPasswordDbEnabled: boolean; readonly issuer: string | undefined },
  report: Report,
): void {
  if ((connectors ?? []).length === 0 && !isPasswordDbEnabled) {
    report.derived(['connectors'], 'has no entry and enablePasswordDB is off, so nobody could sign in');
  }
  const seen = new Map<string, number>();
  for (const [index, connector] of presentItems(connectors)) {
    const path = ['connectors', index];
    if (connector.type === 'ldap') checkLdapConnector(connector.config, [...path, 'config'], report);
    if (connector.type === 'oidc') checkOidcConnector(connector.config, issuer, [...path, 'config'], report);
    if (connector.id === undefined) continue;
    const earlier = seen.get(connector.id);
    if (earlier !== undefined) report.derived([...path, 'id'], `is the same as connectors[${earlier}].id`);
    else seen.set(connector.id, index);
    if (connector.id === localConnector.id && isPasswordDbEnabled) {
      report.derived([...path, 'id'], 'is "local", which is the id of the connector that enablePasswordDB adds');
    }
    if (!isRoutable(connector.id))
      report.derived([...path, 'id'], 'must not contain a slash, ?, #, spaces or control characters');
  }
}

/** The id is a path segment of `/auth/{id}`. */
function isRoutable(id: string): boolean {
  return /^[^\s/\\?#%\p{C}]*$/u.test(id) && id !== '.' && id !== '..';
}

/** What is weak in connectors. */
export function warnAboutConnectors(connectors: readonly z.output<typeof connectorSchema>[], report: Report): void {
  for (const [index, connector] of connectors.entries()) {
    const path = ['connectors', index];
    if (connector.type === 'ldap') warnAboutLdapConnector(connector.config, [...path, 'config'], report);
    else if (connector.type === 'oidc') warnAboutOidcConnector(connector.config, [...path, 'config'], report);
    else
      report.warning(
        [...path, 'type'],
        `is ${connector.type}: for tests only, never where it can be reached by others`,
      );
  }
}

/** The effective connector. */
export function toConnectorConfig(connector: z.output<typeof connectorSchema>, issuer: string): ConnectorConfig {
  const { id, name, grantTypes } = connector;
  const base = { id, name, grantTypes };
  switch (connector.type) {
    case 'ldap':
      return { ...base, type: 'ldap', config: toLdapConnectorConfig(connector.config) };
    case 'oidc':
      return { ...base, type: 'oidc', config: toOidcConnectorConfig(connector.config, issuer) };
    case 'mockPassword':
      return { ...base, type: 'mockPassword', config: connector.config };
    case 'mockCallback':
      return { ...base, type: 'mockCallback', config: {} };
  }
}
