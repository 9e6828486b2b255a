import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import {
  directoryLdif,
  LDAP_ADMIN_DN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SERVICE_DN,
  LDAP_SUFFIX,
  type LdapGroup,
  type LdapPerson,
  sampleGroups,
  samplePeople,
} from './ldap-directory.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startLdap} sets the server up. */
export interface LdapOptions {
  /** The people; {@link samplePeople} when left out. */
  readonly people?: readonly LdapPerson[];
  /** The groups; {@link sampleGroups} when left out. */
  readonly groups?: readonly LdapGroup[];
  /** Further entries, as LDIF. */
  readonly ldifExtra?: string;
  /** The port of `ldap://`; a free one when left out. */
  readonly port?: number;
  /** The port of `ldaps://`; a free one when left out. Opened only with `tls`. */
  readonly tlsPort?: number;
  /** Offers `ldaps://` and StartTLS with this certificate, which must name 127.0.0.1; all three as PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** A running OpenLDAP server that anybody may bind to and only the administrator may read. */
export interface LdapServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** `ldap://host:port` */
  readonly url: string;
  /** The port of `ldaps://`, when a certificate was given. */
  readonly tlsPort: number | undefined;
  /** `ldaps://host:port`, when a certificate was given. */
  readonly tlsUrl: string | undefined;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** Changes entries as the administrator: LDIF with `changetype` lines. Entries without one are added. */
  apply(ldif: string): Promise<void>;
}

const HOST = '127.0.0.1';
const SCHEMA_DIRECTORIES = ['/etc/ldap/schema', '/etc/openldap/schema'];
const MODULE_DIRECTORIES = ['/usr/lib/ldap', '/usr/lib/openldap', '/usr/lib64/openldap'];
const SCHEMAS = ['core', 'cosine', 'nis', 'inetorgperson'];
// An anonymous simple bind (RFC 4511 §4.2), which every LDAP server answers once it serves.
const ANONYMOUS_BIND = Buffer.from('300c020101600702010304008000', 'hex');

/**
 * Starts OpenLDAP with `dc=example,dc=org` and waits until it answers a bind.
 *
 * @throws MissingProgramError when slapd or ldapmodify is not installed; Error when the entries are refused.
 */
export async function startLdap(options: LdapOptions = {}): Promise<LdapServer> {
  const [command, loader] = [await findProgram('slapd'), await findProgram('slapadd')];
  const modify = await findProgram('ldapmodify');
  const port = options.port ?? (await freePort());
  const tlsPort = options.tls ? (options.tlsPort ?? (await freePort())) : undefined;
  const url = `ldap://${HOST}:${port}`;
  const directory = await createTempDirectory('ldap');
  const config = await prepare(directory.path, loader, options).catch(async (error: unknown) => {
    await directory.remove();
    throw error;
  });
  const launch = () =>
    startProcess({
      name: 'OpenLDAP',
      command,
      // Any -d keeps slapd in the foreground; 256 prints connections and results.
      args: ['-d', '256', '-f', config, '-h', [url, ...(tlsPort ? [`ldaps://${HOST}:${tlsPort}`] : [])].join(' ')],
      cwd: directory.path,
      ports: tlsPort === undefined ? [port] : [port, tlsPort],
      ready: async () => (await tcpExchange({ host: HOST, port }, ANONYMOUS_BIND)).length > 0,
      orphanSignal: 'TERM',
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'OpenLDAP', launch, directory });
  return Object.assign(server, {
    host: HOST,
    port,
    url,
    tlsPort,
    tlsUrl: tlsPort === undefined ? undefined : `ldaps://${HOST}:${tlsPort}`,
    suffix: LDAP_SUFFIX,
    adminDn: LDAP_ADMIN_DN,
    adminPassword: LDAP_ADMIN_PASSWORD,
    apply: async (ldif: string) => {
      const bind = ['-x', '-H', url, '-D', LDAP_ADMIN_DN, '-w', LDAP_ADMIN_PASSWORD];
      await runProgram({ command: modify, args: [...bind, '-a'], input: ldif });
    },
  });
}

async function prepare(directory: string, loader: string, options: LdapOptions): Promise<string> {
  const { people = Object.values(samplePeople), groups = Object.values(sampleGroups), ldifExtra = '' } = options;
  const config = join(directory, 'slapd.conf');
  await mkdir(join(directory, 'data'), { mode: 0o700 });
  await writeFile(config, await configuration(directory, options), { mode: 0o600 });
  await runProgram({
    command: loader,
    args: ['-q', '-f', config],
    input: `${directoryLdif(people, groups)}\n${ldifExtra}`,
  });
  return config;
}

async function configuration(directory: string, options: LdapOptions): Promise<string> {
  const schemas = await firstDirectory(SCHEMA_DIRECTORIES);
  const modules = await firstDirectory(MODULE_DIRECTORIES);
  return [
    ...SCHEMAS.map((schema) => `include ${join(schemas, `${schema}.schema`)}`),
    `modulepath ${modules}`,
    'moduleload back_mdb',
    `pidfile ${join(directory, 'slapd.pid')}`,
    ...(options.tls ? await tlsDirectives(directory, options.tls) : []),
    'database mdb',
    'maxsize 67108864',
    `suffix "${LDAP_SUFFIX}"`,
    `rootdn "${LDAP_ADMIN_DN}"`,
    `rootpw ${LDAP_ADMIN_PASSWORD}`,
    `directory ${join(directory, 'data')}`,
    'index objectClass,uid,mail,cn,member eq',
    `access to * by dn.exact="${LDAP_SERVICE_DN}" read by anonymous auth by self read by * none`,
    '',
  ].join('\n');
}

async function tlsDirectives(directory: string, tls: NonNullable<LdapOptions['tls']>): Promise<string[]> {
  const files = { TLSCertificateFile: tls.cert, TLSCertificateKeyFile: tls.key, TLSCACertificateFile: tls.ca };
  return Promise.all(
    Object.entries(files).map(async ([directive, pem]) => {
      const path = join(directory, `${directive}.pem`);
      await writeFile(path, pem, { mode: 0o600 });
      return `${directive} ${path}`;
    }),
  );
}

async function firstDirectory(candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    const exists = await access(candidate).then(
      () => true,
      () => false,
    );
    if (exists) return candidate;
  }
  throw new Error(`OpenLDAP's files are in none of ${candidates.join(', ')}`);
}
