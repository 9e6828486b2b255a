import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startRedis} sets the server up. */
export interface RedisOptions {
  /** The port; a free one when left out. */
  readonly port?: number;
  /**
   * What outlives a stop: nothing (`none`, when left out), or every command through the append-only file, written to
   * disk each second (`everysec`) or before the answer (`always`).
   */
  readonly persistence?: 'none' | 'everysec' | 'always';
  /** Further settings of `redis.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Speaks TLS alone, and only with clients that show a certificate of the same authority. False when left out. */
  readonly tls?: boolean;
}

/** PEM files with which a client gets in. */
export interface RedisTlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A running Redis server without password. */
export interface RedisServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** `redis://host:port`, with TLS `rediss://host:port` */
  readonly url: string;
  /** Undefined without TLS. The server's certificate is for 127.0.0.1 and localhost. */
  readonly tls?: RedisTlsFiles;
  /** Runs one command through `redis-cli` and returns what it prints. @throws Error with the error reply. */
  cli(...args: string[]): Promise<string>;
}

const HOST = '127.0.0.1';

/**
 * Starts Redis and waits until it takes commands.
 *
 * @throws MissingProgramError when redis-server is not installed.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const [command, cliCommand] = [await findProgram('redis-server'), await findProgram('redis-cli')];
  const port = options.port ?? (await freePort());
  const directory = await createTempDirectory('redis');
  const files = options.tls === true ? await writeCertificates(directory.path) : undefined;
  const settings = { ...settingsOf(options, port, directory.path), ...(files === undefined ? {} : files.settings) };
  const launch = () =>
    startProcess({
      name: 'Redis',
      command,
      args: Object.entries({ ...settings, ...options.settings }).flatMap(([name, value]) => [`--${name}`, value]),
      cwd: directory.path,
      ports: [port],
      ready: files === undefined ? () => answersPing(port) : /Ready to accept connections/,
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'Redis', launch, directory });
  return Object.assign(server, {
    host: HOST,
    port,
    url: `${files === undefined ? 'redis' : 'rediss'}://${HOST}:${port}`,
    cli: async (...args: string[]) => {
      const target = ['-e', '-h', HOST, '-p', String(port), ...(files?.cliArguments ?? [])];
      return (await runProgram({ command: cliCommand, args: [...target, ...args] })).trimEnd();
    },
    ...(files === undefined ? {} : { tls: files.client }),
  });
}

async function answersPing(port: number): Promise<boolean> {
  return (await tcpExchange({ host: HOST, port }, 'PING\r\n')).toString().startsWith('+PONG');
}

function settingsOf({ persistence = 'none', tls }: RedisOptions, port: number, directory: string) {
  const appendOnly = persistence === 'none' ? { appendonly: 'no' } : { appendonly: 'yes', appendfsync: persistence };
  const ports = tls === true ? { port: '0', 'tls-port': String(port) } : { port: String(port) };
  return { bind: HOST, save: '', dir: directory, daemonize: 'no', ...ports, ...appendOnly };
}

async function writeCertificates(directory: string) {
  const authority = await createCertificateAuthority('Redis test authority');
  const names = { dnsNames: ['localhost'], ipAddresses: [HOST] };
  const server = await authority.issue({ commonName: 'redis', ...names });
  const client = await authority.issue({ commonName: 'client', server: false, client: true });
  const file = async (name: string, pem: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, pem, { mode: 0o600 });
    return path;
  };
  const caFile = await file('ca.pem', authority.caPem);
  const certFile = await file('client.pem', client.certPem);
  const keyFile = await file('client.key', client.keyPem);
  return {
    client: { caFile, certFile, keyFile },
    cliArguments: ['--tls', '--cacert', caFile, '--cert', certFile, '--key', keyFile],
    settings: {
      'tls-ca-cert-file': caFile,
      'tls-cert-file': await file('server.pem', server.certPem),
      'tls-key-file': await file('server.key', server.keyPem),
      'tls-auth-clients': 'yes',
    },
  };
}
