import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { findPostgresBinaries, type PostgresBinaries, type PostgresVersion } from './postgres-binaries.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startPostgres} sets the server up. */
export interface PostgresOptions {
  /** The major version; 18 when left out. 15 is the Debian package `postgresql-15`. */
  readonly version?: PostgresVersion;
  /** Whether a commit is on disk before it is answered; true when left out. False also stops writing full pages. */
  readonly fsync?: boolean;
  /** Most connections at a time; 100 when left out. */
  readonly maxConnections?: number;
  /** The port; a free one when left out. */
  readonly port?: number;
  /** Further settings of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL server. It speaks no TLS; clients connect with `sslmode=disable`. */
export interface PostgresServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** The superuser. */
  readonly user: string;
  readonly password: string;
  /**
   * Creates a database and returns its name.
   *
   * @param name a random one when left out.
   * @param options.template the database it is copied from; nobody may be connected to that one.
   */
  createDatabase(name?: string, options?: { readonly template?: string }): Promise<string>;
  /** Drops a database and ends the connections to it. Does nothing when there is none of that name. */
  dropDatabase(name: string): Promise<void>;
  /** The connection URL of a database (`postgres` when left out), `sslmode=disable` included. */
  url(database?: string): string;
}

const HOST = '127.0.0.1';
const USER = 'postgres';

/**
 * Starts PostgreSQL with a fresh cluster (UTF-8, SCRAM passwords) and waits until it answers a query.
 *
 * A stop is PostgreSQL's fast shutdown: open connections are cut. When it is closed for good, an immediate one.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const directory = await createTempDirectory('postgres');
  const port = options.port ?? (await freePort());
  const password = randomBytes(16).toString('hex');
  const url = (database = 'postgres') => `postgresql://${USER}:${password}@${HOST}:${port}/${database}?sslmode=disable`;
  const cluster = await createCluster(directory.path, password, options.version).catch(async (error: unknown) => {
    await directory.remove();
    throw error;
  });
  const { binaries, data } = cluster;
  const launch = () =>
    startProcess({
      name: 'PostgreSQL',
      command: binaries.postgres,
      args: ['-D', data, ...settingsOf(options, port).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      cwd: data,
      ports: [port],
      ...(binaries.user ? { user: binaries.user } : {}),
      ready: () => withClient(url(), async (client) => (await client.query('select 1')).rowCount === 1),
      orphanSignal: 'QUIT',
      orphanDirectories: [directory.path],
    });
  // An immediate shutdown leaves its data as a crash does, and does not write all of a large cache first.
  const signals = { stopSignal: 'SIGINT', closeSignal: 'SIGQUIT' } as const;
  const server = await createRestartableServer({ name: 'PostgreSQL', launch, directory, ...signals });
  return Object.assign(server, {
    host: HOST,
    port,
    user: USER,
    password,
    url,
    createDatabase: async (name = `test_${randomBytes(6).toString('hex')}`, { template = 'template1' } = {}) => {
      await withClient(url(), (client) =>
        client.query(`create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`),
      );
      return name;
    },
    dropDatabase: async (name: string) => {
      await withClient(url(), (client) =>
        client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`),
      );
    },
  });
}

function settingsOf(options: PostgresOptions, port: number): [string, string][] {
  const isDurable = options.fsync ?? true;
  const durability = isDurable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  return Object.entries({
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 100),
    ssl: 'off',
    ...durability,
    ...options.settings,
  });
}

async function createCluster(
  directory: string,
  password: string,
  version: PostgresVersion = 18,
): Promise<{ binaries: PostgresBinaries; data: string }> {
  const binaries = await findPostgresBinaries(directory, version);
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (binaries.user) {
    for (const path of [data, passwordFile]) await chown(path, binaries.user.uid, binaries.user.gid);
  }
  await runProgram({
    command: binaries.initdb,
    args: [
      `--pgdata=${data}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(version === 15 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
      '--no-sync',
      '--no-instructions',
    ],
    ...(binaries.user ? { user: binaries.user } : {}),
  });
  return { binaries, data };
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A server that stops cuts the connection outside of any query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
