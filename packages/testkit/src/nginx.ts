import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { tryProgram } from './run-program.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';

/** An `nginx.conf`, or how to write one that names files in nginx's own directory. */
export type NginxConf = string | ((directory: string) => string);

/** How {@link startNginx} sets the server up. */
export interface NginxOptions {
  /** The whole configuration. Paths for its own files are put in where it has none: see {@link startNginx}. */
  readonly conf: NginxConf;
  /** The port on which the configuration listens; nginx counts as started when it accepts connections there. */
  readonly port: number;
}

/** A running nginx. `start` reads the configuration as it was given; `pids` has the workers too. */
export interface NginxServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port` */
  readonly url: string;
}

const HOST = '127.0.0.1';
const TEMP_PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * Starts nginx in the foreground. Where the configuration does not say otherwise, temporary files and the pid file lie
 * in the server's own directory, errors go to the kept output, and there is no access log.
 *
 * @throws MissingProgramError when nginx is not installed; Error with nginx's message when the configuration is wrong.
 */
export async function startNginx(options: NginxOptions): Promise<NginxServer> {
  const { conf, port } = options;
  const command = await findProgram('nginx');
  const directory = await createTempDirectory('nginx');
  await writeConf(directory.path, conf);
  const launch = () =>
    startProcess({
      name: 'nginx',
      command,
      args: nginxArguments(directory.path),
      cwd: directory.path,
      ports: [port],
      ready: async () => (await tcpExchange({ host: HOST, port })).length === 0,
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'nginx', launch, directory });
  return Object.assign(server, { host: HOST, port, url: `http://${HOST}:${port}` });
}

/**
 * Lets nginx check a configuration (`nginx -t`) and returns whether it is right and what nginx says.
 *
 * @throws MissingProgramError when nginx is not installed.
 */
export async function testConfig(conf: NginxConf): Promise<{ readonly ok: boolean; readonly output: string }> {
  const command = await findProgram('nginx');
  await using directory = await createTempDirectory('nginx');
  await writeConf(directory.path, conf);
  const { code, stdout, stderr } = await tryProgram({ command, args: ['-t', ...nginxArguments(directory.path)] });
  return { ok: code === 0, output: `${stdout}${stderr}` };
}

function nginxArguments(directory: string): string[] {
  return ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'];
}

async function writeConf(directory: string, conf: NginxConf): Promise<void> {
  const text = typeof conf === 'string' ? conf : conf(directory);
  await mkdir(join(directory, 'temp'));
  await writeFile(join(directory, 'nginx.conf'), withOwnPaths(text, directory));
}

function withOwnPaths(conf: string, directory: string): string {
  const lacks = (directive: string) => !new RegExp(`(^|[;{}\\s])${directive}\\s`).test(conf);
  const main = [
    ...(lacks('daemon') ? ['daemon off;'] : []),
    ...(lacks('pid') ? [`pid ${join(directory, 'nginx.pid')};`] : []),
    ...(lacks('error_log') ? ['error_log stderr;'] : []),
  ];
  const http = [
    ...TEMP_PATHS.map((name) => `${name}_temp_path`)
      .filter(lacks)
      .map((directive) => `${directive} ${join(directory, 'temp', directive)};`),
    ...(lacks('access_log') ? ['access_log off;'] : []),
  ];
  const insideHttp = conf.replace(/(^|[;}\s])http\s*\{/, (opening) => `${opening}\n${http.join('\n')}\n`);
  return `${main.join('\n')}\n${insideHttp}`;
}
