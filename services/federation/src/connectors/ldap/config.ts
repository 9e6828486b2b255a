import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { LdapConnectorConfig } from '@tessera/config';
import { authorityFiles, readAuthorities } from '@tessera/egress';
import { type Access, type AccessOptions, openAccess, type TlsMaterial } from '@tessera/watched-files';
import { FilterParser } from 'ldapts';

/** How the directory is reached and who searches. */
export interface LdapServerSettings {
  /** `host:port`, as people know it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'start-tls' | 'tls';
  /** As the files are now. */
  readonly tls: () => ConnectionOptions;
  /** Empty = anonymous. */
  readonly bindDn: string;
}

/** An LDAP connector with its files read. */
export interface LdapSettings {
  readonly server: LdapServerSettings;
  /** The password of `bindDn`, and the files of TLS; to be closed. */
  readonly access: Access;
  readonly config: LdapConnectorConfig;
}

/**
 * Reads the files a configuration names, which are read again when they change, and checks its filters (RFC 4515). Rejects
 * when one is no good.
 */
export async function readLdapSettings(config: LdapConnectorConfig, around: AccessOptions): Promise<LdapSettings> {
  for (const filter of [config.userSearch.filter, config.groupSearch?.filter]) {
    if (filter !== undefined && filter !== '') FilterParser.parseString(filter);
  }
  const url = new URL(`ldap://${config.host}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (config.insecureNoSSL ? 389 : 636) : Number(url.port);
  const security = config.insecureNoSSL ? 'none' : config.startTLS ? 'start-tls' : 'tls';
  const hasPassword = config.bindPW !== undefined && config.bindPW !== '';
  const name = `${url.hostname}:${port}`;
  const access = openAccess({
    ...around,
    server: `the directory ${name}`,
    password: config.bindPW,
    passwordFile: hasPassword ? config.bindPWFile : undefined,
    tls: security === 'none' ? {} : tlsFiles(config),
  });
  const authorities = await readAuthorities(inlineAuthorities(config)).catch((error: unknown) => {
    access.close();
    throw error;
  });
  const server: LdapServerSettings = {
    name,
    host,
    port,
    security,
    tls: () => (security === 'none' ? {} : tlsOptions(config, { host, authorities, material: access.tls.current() })),
    // A bind with a name and no password counts as anonymous anyway (RFC 4513 §5.1.2), if it is let in at all.
    bindDn: hasPassword ? (config.bindDN ?? '') : '',
  };
  return { server, access, config };
}

/** Authorities may stand in the configuration itself. */
function tlsFiles({ rootCA, clientCert, clientKey }: LdapConnectorConfig) {
  const [caFile] = authorityFiles(rootCA === undefined ? [] : [rootCA]);
  return { caFile, certFile: clientCert, keyFile: clientKey };
}

function inlineAuthorities({ rootCA, rootCAData }: LdapConnectorConfig): readonly string[] {
  const values = [rootCA, rootCAData].filter((value) => value !== undefined);
  const files = authorityFiles(values);
  return values.filter((value) => value === rootCAData || !files.includes(value));
}

interface TlsParts {
  readonly host: string;
  readonly authorities: readonly string[];
  readonly material: TlsMaterial;
}

function tlsOptions(config: LdapConnectorConfig, { host, authorities, material }: TlsParts): ConnectionOptions {
  const { ca, ...own } = material;
  const trusted = [...authorities, ...(ca === undefined ? [] : [ca])];
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: !config.insecureSkipVerify,
    ...(trusted.length > 0 ? { ca: trusted } : {}),
    ...own,
  };
}
