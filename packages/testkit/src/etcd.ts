import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram, tryProgram } from './run-program.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startEtcd} sets the server up. */
export interface EtcdOptions {
  /** The port for clients; a free one when left out. */
  readonly port?: number;
  /**
   * Speaks TLS with a certificate for these DNS names (and no address), and asks clients for one of the same authority.
   * Plain when left out.
   */
  readonly tls?: { readonly dnsNames: readonly string[] };
  /** Password of the user `root`; without it nobody is asked who they are. */
  readonly rootPassword?: string;
}

/** Paths of PEM files. */
export interface EtcdTlsFiles {
  readonly caFile: string;
  /** Of a client. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** A running etcd of one member. */
export interface EtcdServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, or `https://host:port` with TLS. */
  readonly url: string;
  /** Undefined without TLS. */
  readonly tls?: EtcdTlsFiles;
  /** Runs one command through `etcdctl`, as `root` where there is a password, and returns what it prints. */
  etcdctl(...args: string[]): Promise<string>;
}

const HOST = '127.0.0.1';

/**
 * Starts etcd and waits until it answers.
 *
 * @throws MissingProgramError when etcd or etcdctl is not installed.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdServer> {
  const [command, client] = [await findProgram('etcd'), await findProgram('etcdctl')];
  const port = options.port ?? (await freePort());
  const peerPort = await freePort();
  const directory = await createTempDirectory('etcd');
  const files = options.tls && (await writeTlsFiles(directory.path, options.tls.dnsNames));
  const url = `${files === undefined ? 'http' : 'https'}://${HOST}:${port}`;
  const clientArgs = ['--endpoints', url, ...clientTlsArgs(files)];
  const env = { ETCDCTL_API: '3' };
  const userArgs = options.rootPassword === undefined ? [] : ['--user', `root:${options.rootPassword}`];
  let hasUser = false;
  const etcdctl = async (...args: string[]): Promise<string> => {
    const all = [...clientArgs, ...(hasUser ? userArgs : []), ...args];
    return (await runProgram({ command: client, args: all, env })).trimEnd();
  };
  const isHealthy = async (): Promise<boolean> => {
    const args = [...clientArgs, ...(hasUser ? userArgs : []), '--dial-timeout=500ms', 'endpoint', 'health'];
    return (await tryProgram({ command: client, args, env })).code === 0;
  };
  const launch = () =>
    startProcess({
      name: 'etcd',
      command,
      args: [...serverArgs(directory.path, url, peerPort), ...serverTlsArgs(directory.path, files)],
      cwd: directory.path,
      ports: [port, peerPort],
      ready: isHealthy,
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'etcd', launch, directory });
  if (options.rootPassword !== undefined) {
    await etcdctl('user', 'add', `root:${options.rootPassword}`);
    await etcdctl('user', 'grant-role', 'root', 'root');
    await etcdctl('auth', 'enable');
    hasUser = true;
  }
  return Object.assign(server, { host: HOST, port, url, etcdctl, ...(files === undefined ? {} : { tls: files }) });
}

function serverArgs(directory: string, url: string, peerPort: number): string[] {
  const peerUrl = `http://${HOST}:${peerPort}`;
  return [
    ...['--name', 'one', '--data-dir', join(directory, 'data'), '--logger', 'zap'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `one=${peerUrl}`],
    // The cheapest hash: a test does not guard against guessing.
    ...['--bcrypt-cost', '4'],
  ];
}

function serverTlsArgs(directory: string, files: EtcdTlsFiles | undefined): string[] {
  if (files === undefined) return [];
  const own = ['--cert-file', join(directory, 'server.pem'), '--key-file', join(directory, 'server.key')];
  return [...own, '--trusted-ca-file', files.caFile, '--client-cert-auth'];
}

/** The kit calls the server by its address, for which the certificate is not. */
function clientTlsArgs(files: EtcdTlsFiles | undefined): string[] {
  if (files === undefined) return [];
  return ['--cert', files.certFile, '--key', files.keyFile, '--insecure-skip-tls-verify'];
}

async function writeTlsFiles(directory: string, dnsNames: readonly string[]): Promise<EtcdTlsFiles> {
  const authority = await createCertificateAuthority('etcd test authority');
  const server = await authority.issue({ commonName: 'etcd', dnsNames, server: true, client: true });
  const client = await authority.issue({ commonName: 'etcd test client', server: false, client: true });
  const path = (name: string): string => join(directory, name);
  await writeFile(path('ca.pem'), authority.caPem);
  await writeFile(path('server.pem'), server.certPem);
  await writeFile(path('server.key'), server.keyPem, { mode: 0o600 });
  await writeFile(path('client.pem'), client.certPem);
  await writeFile(path('client.key'), client.keyPem, { mode: 0o600 });
  return { caFile: path('ca.pem'), certFile: path('client.pem'), keyFile: path('client.key') };
}
