import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startApacheRelyingParty} sets the server up. */
export interface ApacheRelyingPartyOptions {
  readonly port: number;
  /** Directives of `mod_auth_openidc`, one a line: `OIDCProviderMetadataURL …`. */
  readonly directives: readonly string[];
}

/**
 * A running Apache with `mod_auth_openidc` as an application: `/` is open, `/protected/` asks for a sign-in and answers with
 * the person's `sub`.
 */
export interface ApacheRelyingParty extends RestartableServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

const HOST = '127.0.0.1';
const MODULES = '/usr/lib/apache2/modules';
/** Names of modules: `LoadModule <name>_module mod_<name>.so`. */
const LOADED = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'dir',
  'mime',
  'headers',
  'include',
  'auth_openidc',
];

/**
 * Starts Apache in the foreground.
 *
 * @throws MissingProgramError when apache2 is not installed; Error with its output when the directives are wrong.
 */
export async function startApacheRelyingParty(options: ApacheRelyingPartyOptions): Promise<ApacheRelyingParty> {
  const { port } = options;
  const command = await findProgram('apache2');
  const directory = await createTempDirectory('apache');
  // Its workers are of another user, who has to read the site.
  await chmod(directory.path, 0o755);
  const site = join(directory.path, 'site');
  await mkdir(join(site, 'protected'), { recursive: true });
  await writeFile(join(site, 'index.html'), '<!doctype html><title>Open</title><p>open to all</p>');
  await writeFile(
    join(site, 'protected', 'index.shtml'),
    '<!doctype html><title>Protected</title><p id="sub"><!--#echo var="OIDC_CLAIM_sub" --></p><p id="name"><!--#echo var="OIDC_CLAIM_name" --></p>',
  );
  await writeFile(join(directory.path, 'apache.conf'), configuration(directory.path, options));
  const launch = () =>
    startProcess({
      name: 'Apache',
      command,
      args: ['-D', 'FOREGROUND', '-f', join(directory.path, 'apache.conf')],
      cwd: directory.path,
      ports: [port],
      ready: async () => (await tcpExchange({ host: HOST, port })).length === 0,
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'Apache', launch, directory });
  return Object.assign(server, { url: `http://${HOST}:${port}` });
}

function configuration(directory: string, { port, directives }: ApacheRelyingPartyOptions): string {
  const site = join(directory, 'site');
  const modules = LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '';
  return `
ServerRoot ${directory}
ServerName ${HOST}
Listen ${HOST}:${port}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
Mutex posixsem
ErrorLog "|$/bin/cat >&2"
LogLevel warn
${modules.join('\n')}
${user}
TypesConfig /etc/mime.types
DocumentRoot ${site}
DirectoryIndex index.html index.shtml
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
${directives.join('\n')}
<Directory ${site}>
  Options +Includes
  Require all granted
</Directory>
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
`;
}
