import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { LdapConnectorConfig } from '@tessera/config';
import { readAuthorities } from '@tessera/egress';
import { FilterParser } from 'ldapts';

/** How the directory is reached and who searches. */
export interface LdapServerSettings {
  /** `host:port`, as people know it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'start-tls' | 'tls';
  readonly tls: ConnectionOptions;
  /** Empty = anonymous. */
  readonly bindDn: string;
  readonly bindPassword: string;
}

/** An LDAP connector with its files read. */
export interface LdapSettings {
  readonly server: LdapServerSettings;
  readonly config: LdapConnectorConfig;
}

/** Reads the files a configuration names and checks its filters (RFC 4515). Rejects when one is no good. */
export async function readLdapSettings(config: LdapConnectorConfig): Promise<LdapSettings> {
  for (const filter of [config.userSearch.filter, config.groupSearch?.filter]) {
    if (filter !== undefined && filter !== '') FilterParser.parseString(filter);
  }
  const url = new URL(`ldap://${config.host}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (config.insecureNoSSL ? 389 : 636) : Number(url.port);
  const security = config.insecureNoSSL ? 'none' : config.startTLS ? 'start-tls' : 'tls';
  const hasPassword = config.bindPW !== undefined && config.bindPW !== '';
  const server: LdapServerSettings = {
    name: `${url.hostname}:${port}`,
    host,
    port,
    security,
    tls: security === 'none' ? {} : await readTlsOptions(config, host),
    // A bind with a name and no password counts as anonymous anyway (RFC 4513 §5.1.2), if it is let in at all.
    bindDn: hasPassword ? (config.bindDN ?? '') : '',
    bindPassword: config.bindPW ?? '',
  };
  return { server, config };
}

async function readTlsOptions(config: LdapConnectorConfig, host: string): Promise<ConnectionOptions> {
  const authorities = await readAuthorities([config.rootCA, config.rootCAData].filter((value) => value !== undefined));
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: !config.insecureSkipVerify,
    ...(authorities.length > 0 ? { ca: [...authorities] } : {}),
    ...(config.clientCert === undefined ? {} : { cert: await readFile(config.clientCert) }),
    ...(config.clientKey === undefined ? {} : { key: await readFile(config.clientKey) }),
  };
}
