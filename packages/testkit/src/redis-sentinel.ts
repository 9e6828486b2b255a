import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';
import { waitFor } from './wait-for.ts';

/** How {@link startRedisSentinel} sets the servers up. */
export interface RedisSentinelOptions {
  /** After how long without answer a server counts as down; 500 when left out. */
  readonly downAfterMs?: number;
  /** Further settings of the two data servers' `redis.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One Sentinel. */
export interface SentinelServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** Runs one command through `redis-cli` and returns what it prints. @throws Error with the error reply. */
  cli(...args: string[]): Promise<string>;
}

/** A primary, its replica and three Sentinels with a quorum of two. */
export interface RedisSentinel extends AsyncDisposable {
  /** The name by which the Sentinels know the primary. */
  readonly masterName: string;
  readonly sentinels: readonly SentinelServer[];
  /** The data servers. The first began as the primary. */
  readonly nodes: readonly RedisServer[];
  /** The server that the Sentinels call the primary now. */
  primary(): Promise<RedisServer>;
  /** Lets the primary crash and returns it. The Sentinels find out by themselves; see {@link RedisSentinel.promoted}. */
  killPrimary(): Promise<RedisServer>;
  /** Waits until the Sentinels agree on another primary than `old` and it takes writes; returns it. */
  promoted(old: RedisServer): Promise<RedisServer>;
  /** Asks the Sentinels for an orderly change of the primary; returns the new one once the old one follows it. */
  failover(): Promise<RedisServer>;
  /** Stops all servers for good and removes their directories. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MASTER_NAME = 'tessera';
const QUORUM = 2;
const SENTINELS = 3;
const PATIENCE = { intervalMs: 50, timeoutMs: 20_000 } as const;

/**
 * Starts a primary, a replica of it and three Sentinels, and waits until a failover would work.
 *
 * @throws MissingProgramError when redis-server is not installed.
 */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const servers: RestartableServer[] = [];
  const close = async (): Promise<void> => {
    // The Sentinels first, so that they start no failover.
    for (const server of servers.toReversed()) await server.close();
  };
  const started = async <T extends RestartableServer>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    const primary = await started(startRedis({ settings: { ...options.settings } }));
    const following = { replicaof: `${primary.host} ${primary.port}`, 'repl-diskless-sync-delay': '0' };
    await primary.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    const replica = await started(startReplica(following, options));
    const team = await planSentinels();
    const sentinels: SentinelServer[] = [];
    const surroundings = { team, primary, replica, options };
    for (const member of team) sentinels.push(await started(startSentinel(member, surroundings)));
    const handle = handleOf([primary, replica], sentinels);
    await untilFailoverWorks(sentinels, surroundings);
    return { ...handle, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startReplica(
  following: Readonly<Record<string, string>>,
  { settings }: RedisSentinelOptions,
): Promise<RedisServer> {
  const { replicaof = '', ...rest } = following;
  const replica = await startRedis({ settings: { ...rest, ...settings } });
  // Not in its settings, so that a restart leaves the roles to the Sentinels.
  await replica.cli('REPLICAOF', ...replicaof.split(' '));
  return replica;
}

interface SentinelPlan {
  readonly port: number;
  readonly id: string;
}

async function planSentinels(): Promise<SentinelPlan[]> {
  const team: SentinelPlan[] = [];
  while (team.length < SENTINELS) {
    team.push({ port: await freePort(), id: randomBytes(20).toString('hex') });
  }
  return team;
}

interface Surroundings {
  readonly team: readonly SentinelPlan[];
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly options: RedisSentinelOptions;
}

async function startSentinel(self: SentinelPlan, surroundings: Surroundings): Promise<SentinelServer> {
  const [command, cliCommand] = [await findProgram('redis-server'), await findProgram('redis-cli')];
  const directory = await createTempDirectory('sentinel');
  const file = join(directory.path, 'sentinel.conf');
  await writeFile(file, sentinelConf(self, directory.path, surroundings));
  const { port } = self;
  const launch = () =>
    startProcess({
      name: 'Sentinel',
      command,
      args: [file, '--sentinel'],
      cwd: directory.path,
      ports: [port],
      ready: async () => (await tcpExchange({ host: HOST, port }, 'PING\r\n')).toString().startsWith('+PONG'),
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'Sentinel', launch, directory });
  return Object.assign(server, {
    host: HOST,
    port,
    cli: async (...args: string[]) => {
      const target = ['-e', '-h', HOST, '-p', String(port)];
      return (await runProgram({ command: cliCommand, args: [...target, ...args] })).trimEnd();
    },
  });
}

/** With the others named, as a Sentinel writes them down itself, none of them has to be discovered first. */
function sentinelConf(
  self: SentinelPlan,
  directory: string,
  { team, primary, replica, options }: Surroundings,
): string {
  const lines = [
    `bind ${HOST}`,
    `port ${self.port}`,
    `dir ${directory}`,
    `sentinel myid ${self.id}`,
    `sentinel monitor ${MASTER_NAME} ${primary.host} ${primary.port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${options.downAfterMs ?? 500}`,
    `sentinel failover-timeout ${MASTER_NAME} 2000`,
    `sentinel parallel-syncs ${MASTER_NAME} 1`,
    `sentinel known-replica ${MASTER_NAME} ${replica.host} ${replica.port}`,
    ...team
      .filter(({ id }) => id !== self.id)
      .map(({ id, port }) => `sentinel known-sentinel ${MASTER_NAME} ${HOST} ${port} ${id}`),
  ];
  return `${lines.join('\n')}\n`;
}

async function untilFailoverWorks(
  sentinels: readonly SentinelServer[],
  { primary, replica }: Surroundings,
): Promise<void> {
  await untilFollowing(replica, primary);
  for (const sentinel of sentinels) {
    const isReady = async (): Promise<boolean> => {
      const isQuorate = (await sentinel.cli('SENTINEL', 'CKQUORUM', MASTER_NAME)).startsWith(`OK ${SENTINELS} usable`);
      return isQuorate && (await sentinel.cli('SENTINEL', 'REPLICAS', MASTER_NAME)).includes('master-link-status\nok');
    };
    await waitFor(isReady, { what: 'the Sentinels to know each other and the replica', ...PATIENCE });
  }
}

async function untilFollowing(replica: RedisServer, primary: RedisServer): Promise<void> {
  const isFollowing = async (): Promise<boolean> => {
    const isLinked = (await replica.cli('INFO', 'replication')).includes('master_link_status:up');
    // Only then it is sent what is written: up to a second after its link stands.
    return isLinked && (await primary.cli('INFO', 'replication')).includes('state=online');
  };
  await waitFor(isFollowing, { what: 'the replica to follow the primary', ...PATIENCE });
}

function handleOf(nodes: readonly RedisServer[], sentinels: readonly SentinelServer[]) {
  const primaryBy = async (sentinel: SentinelServer | undefined): Promise<RedisServer> => {
    const [, port] = ((await sentinel?.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)) ?? '').split('\n');
    const found = nodes.find((node) => String(node.port) === port);
    if (found === undefined) throw new Error('the Sentinels know no primary');
    return found;
  };
  const primary = () => primaryBy(sentinels[0]);
  const promoted = (old: RedisServer): Promise<RedisServer> =>
    waitFor(
      async () => {
        const named = await Promise.all(sentinels.map(primaryBy));
        const isAgreed = named.every((node) => node === named[0] && node !== old);
        const role = isAgreed ? await named[0]?.cli('ROLE') : undefined;
        return role?.startsWith('master') === true ? named[0] : undefined;
      },
      { what: 'the Sentinels to promote the replica', ...PATIENCE },
    );
  return {
    masterName: MASTER_NAME,
    sentinels,
    nodes,
    primary,
    promoted,
    async killPrimary() {
      const old = await primary();
      await old.stop('SIGKILL');
      return old;
    },
    async failover() {
      const old = await primary();
      await sentinels[0]?.cli('SENTINEL', 'FAILOVER', MASTER_NAME);
      const next = await promoted(old);
      // The Sentinels would tell it themselves, but only after eight seconds.
      await old.cli('REPLICAOF', next.host, String(next.port));
      await untilFollowing(old, next);
      return next;
    },
  };
}
