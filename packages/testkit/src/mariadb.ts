import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { findMariadbPrograms, type MariadbPrograms } from './mariadb-programs.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startMariadb} sets the server up. */
export interface MariadbOptions {
  /** Whether a commit is on disk before it is answered; true when left out. */
  readonly fsync?: boolean;
  /** Most connections at a time; 151 when left out. */
  readonly maxConnections?: number;
  /** The port; a free one when left out. */
  readonly port?: number;
  /** PEM files of the server, which then speaks TLS to who asks for it. They have to be readable by everybody. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Further settings of the server, by their names on its command line without the dashes. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running MariaDB server. */
export interface MariadbServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** Path of its Unix socket. */
  readonly socket: string;
  /** A user with all rights. */
  readonly user: string;
  readonly password: string;
  /** Creates an empty database and returns its name, a random one when left out. */
  createDatabase(name?: string): Promise<string>;
  /** Drops a database. Does nothing when there is none of that name. */
  dropDatabase(name: string): Promise<void>;
  /** Opens a connection for `use` and ends it afterwards. */
  withConnection<T>(use: (connection: Connection) => Promise<T>, database?: string): Promise<T>;
}

const HOST = '127.0.0.1';
const USER = 'tessera';

/**
 * Starts MariaDB with a fresh data directory and waits until it answers a query. As root it runs as the user `mysql`, or
 * `nobody` where there is none.
 *
 * @throws MissingProgramError when mariadb-server is not installed.
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const programs = await findMariadbPrograms();
  const directory = await createTempDirectory('mariadb');
  const port = options.port ?? (await freePort());
  const password = randomBytes(16).toString('hex');
  const data = await createDataDirectory(directory.path, programs, password).catch(async (error: unknown) => {
    await directory.remove();
    throw error;
  });
  const withConnection: MariadbServer['withConnection'] = async (use, database) => {
    const access = { host: HOST, port, user: USER, password, connectTimeout: 2_000 };
    const connection = await createConnection({ ...access, ...(database === undefined ? {} : { database }) });
    // A server that stops cuts the connection outside of any query.
    connection.on('error', () => undefined);
    try {
      return await use(connection);
    } finally {
      connection.destroy();
    }
  };
  const launch = () =>
    startProcess({
      name: 'MariaDB',
      command: programs.mariadbd,
      args: ['--no-defaults', ...settingsOf(options, port, data).map(([name, value]) => `--${name}=${value}`)],
      cwd: data.path,
      ports: [port],
      ...(programs.user ? { user: programs.user } : {}),
      ready: () => withConnection(async (connection) => (await connection.query('SELECT 1')).length > 0),
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'MariaDB', launch, directory });
  return Object.assign(server, {
    host: HOST,
    port,
    socket: data.socket,
    user: USER,
    password,
    withConnection,
    createDatabase: async (name = `test_${randomBytes(6).toString('hex')}`) => {
      await withConnection((connection) => connection.query('CREATE DATABASE ??', [name]));
      return name;
    },
    dropDatabase: async (name: string) => {
      await withConnection((connection) => connection.query('DROP DATABASE IF EXISTS ??', [name]));
    },
  });
}

interface DataDirectory {
  readonly path: string;
  readonly initFile: string;
  readonly socket: string;
}

function settingsOf(options: MariadbOptions, port: number, data: DataDirectory): [string, string][] {
  const isDurable = options.fsync ?? true;
  const durability = isDurable ? {} : { 'innodb-flush-log-at-trx-commit': '0', 'innodb-flush-method': 'nosync' };
  const { tls } = options;
  return Object.entries({
    datadir: data.path,
    'init-file': data.initFile,
    socket: data.socket,
    'pid-file': join(data.path, 'server.pid'),
    'bind-address': HOST,
    port: String(port),
    'max-connections': String(options.maxConnections ?? 151),
    'skip-name-resolve': 'on',
    'innodb-buffer-pool-size': '32M',
    ...(tls === undefined ? {} : { 'ssl-cert': tls.certFile, 'ssl-key': tls.keyFile }),
    ...durability,
    ...options.settings,
  });
}

async function createDataDirectory(
  directory: string,
  { installDb, user }: MariadbPrograms,
  password: string,
): Promise<DataDirectory> {
  const path = join(directory, 'data');
  const initFile = join(directory, 'init.sql');
  await mkdir(path, { mode: 0o700 });
  // Run at every start, before the server listens.
  const statements = [
    `ALTER USER root@localhost IDENTIFIED BY '${password}'`,
    `CREATE USER IF NOT EXISTS ${USER}@'%' IDENTIFIED BY '${password}'`,
    `CREATE USER IF NOT EXISTS ${USER}@localhost IDENTIFIED BY '${password}'`,
    `GRANT ALL PRIVILEGES ON *.* TO ${USER}@'%', ${USER}@localhost WITH GRANT OPTION`,
  ];
  await writeFile(initFile, statements.map((statement) => `${statement};\n`).join(''), { mode: 0o600 });
  if (user) for (const owned of [path, initFile]) await chown(owned, user.uid, user.gid);
  await runProgram({
    command: installDb,
    args: [
      '--no-defaults',
      `--datadir=${path}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
      '--innodb-flush-method=nosync',
      '--innodb-buffer-pool-size=16M',
      '--innodb-log-file-size=8M',
    ],
    ...(user ? { user } : {}),
  });
  return { path, initFile, socket: join(path, 'server.sock') };
}
