import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createTempDirectory,
  freePort,
  type PostgresServer,
  runProgram,
  startProcess,
  waitFor,
} from '@tessera/testkit';
import { Client } from 'pg';

/** A PostgreSQL server that follows another one by streaming replication. */
export interface PostgresStandby extends AsyncDisposable {
  readonly port: number;
  /** Ends the recovery: from then on it takes writes. */
  promote(): Promise<void>;
}

/** Debian's package `postgresql-15`; the primary has to be of the same major version. */
const PROGRAMS = '/usr/lib/postgresql/15/bin';
const HOST = '127.0.0.1';

/** Runs one statement and returns its rows. */
export async function runSql<R extends object>(url: string, statement: string): Promise<readonly R[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(statement)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Copies a running server of version 15 and follows it; resolves when the primary commits nothing that the copy does not
 * have (`synchronous_standby_names`).
 */
export async function startSynchronousStandby(primary: PostgresServer): Promise<PostgresStandby> {
  const directory = await createTempDirectory('standby');
  const port = await freePort();
  const user = await userOf('postgres');
  const data = join(directory.path, 'data');
  if (user !== undefined) await chown(directory.path, user.uid, user.gid);
  const as = user === undefined ? {} : { user };
  const source = `host=${HOST} port=${primary.port} user=${primary.user} password=${primary.password} application_name=standby`;
  await runProgram({
    command: join(PROGRAMS, 'pg_basebackup'),
    args: ['--dbname', source, '--pgdata', data, '--write-recovery-conf', '--wal-method=stream', '--checkpoint=fast'],
    ...as,
  });
  const url = primary.url().replace(`:${primary.port}/`, `:${port}/`);
  const running = await startProcess({
    name: 'standby',
    command: join(PROGRAMS, 'postgres'),
    args: ['-D', data, '-c', `listen_addresses=${HOST}`, '-c', `port=${port}`, '-c', 'unix_socket_directories='],
    cwd: data,
    ports: [port],
    ...as,
    ready: () => runSql(url, 'SELECT 1').then(() => true),
    orphanSignal: 'QUIT',
    orphanDirectories: [directory.path],
  });
  await runSql(primary.url(), "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await runSql(primary.url(), 'SELECT pg_reload_conf()');
  const isFollowing = async (): Promise<boolean> => {
    const rows = await runSql(primary.url(), "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
    return rows.length === 1;
  };
  await waitFor(isFollowing, { what: 'the standby to follow' });
  return {
    port,
    promote: async () => {
      // Alone it must not wait for the name that its copy of the settings has.
      await runSql(url, "ALTER SYSTEM SET synchronous_standby_names = ''").catch(() => undefined);
      await runSql(url, 'SELECT pg_promote()');
    },
    async [Symbol.asyncDispose]() {
      await running.stop('SIGINT');
      await directory.remove();
    },
  };
}

/** As whom PostgreSQL runs where this process is root. */
async function userOf(name: string): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => runProgram({ command: 'id', args: [which, name] })));
  return { uid: Number(uid), gid: Number(gid) };
}
