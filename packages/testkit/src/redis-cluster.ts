import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { waitFor } from './wait-for.ts';

/** How {@link startRedisCluster} sets the cluster up. */
export interface RedisClusterOptions {
  /** Primaries, each with an equal part of the slots; 3 when left out. */
  readonly nodes?: number;
  /** Whether each primary has a replica; false when left out. */
  readonly replicas?: boolean;
  /** Further settings of `redis.conf`. A cluster without one of its primaries goes on with the slots of the others. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running Redis Cluster. */
export interface RedisCluster extends AsyncDisposable {
  /** The servers that began as primaries, in the order of their slots. Each can be stopped and started by itself. */
  readonly nodes: readonly RedisServer[];
  /** The servers that began as replicas, in the order of their primaries. */
  readonly replicas: readonly RedisServer[];
  /** Runs one command through `redis-cli` on every node that began as a primary; what each printed. */
  cliAll(...args: string[]): Promise<string[]>;
  /** The slot of a key. */
  slotOf(key: string): Promise<number>;
  /** The server that answers for a slot now, as the first running node knows it. @throws Error when none does. */
  ownerOf(slot: number): Promise<RedisServer>;
  /** The id by which the cluster knows a server. */
  idOf(server: RedisServer): Promise<string>;
  /** Stops all servers for good and removes their directories. */
  close(): Promise<void>;
}

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 500;

/**
 * Starts Redis servers, joins them into a cluster that covers all slots, and waits until each of them knows.
 *
 * @throws MissingProgramError when redis-server is not installed.
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { nodes: count = 3, replicas: hasReplicas = false } = options;
  const servers: RedisServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const total = hasReplicas ? count * 2 : count;
    for (let index = 0; index < total; index += 1) servers.push(await startNode(options));
    const [nodes, replicas] = [servers.slice(0, count), servers.slice(count)];
    await join(nodes, replicas);
    return { ...handleOf(nodes, replicas), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startNode({ settings }: RedisClusterOptions): Promise<RedisServer> {
  // The bus would be 10,000 higher, where kernels take the local ports of outgoing connections.
  const busPort = await freePort();
  return startRedis({
    settings: {
      'cluster-enabled': 'yes',
      'cluster-port': String(busPort),
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-require-full-coverage': 'no',
      // Or replicas wait five seconds for others to join them.
      'repl-diskless-sync-delay': '0',
      ...settings,
    },
  });
}

async function join(nodes: readonly RedisServer[], replicas: readonly RedisServer[]): Promise<void> {
  const servers = [...nodes, ...replicas];
  const first = servers[0];
  if (first === undefined) throw new Error('a cluster needs a node');
  const firstSlot = (index: number): number => Math.floor((index * SLOTS) / nodes.length);
  const [, busPort = ''] = (await first.cli('CONFIG', 'GET', 'cluster-port')).split('\n');
  for (const [index, node] of servers.entries()) {
    // Nodes that claim different epochs from the start need not settle them.
    await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    if (index < nodes.length) {
      await node.cli('CLUSTER', 'ADDSLOTSRANGE', String(firstSlot(index)), String(firstSlot(index + 1) - 1));
    }
    if (node !== first) await node.cli('CLUSTER', 'MEET', first.host, String(first.port), busPort);
  }
  await untilAll(servers, 'the nodes of the cluster to know each other', async (node) => {
    const info = await node.cli('CLUSTER', 'INFO');
    return info.includes(`cluster_known_nodes:${servers.length}`) && info.includes(`cluster_slots_ok:${SLOTS}`);
  });
  for (const [index, replica] of replicas.entries()) {
    const primary = nodes[index];
    if (primary !== undefined) await replica.cli('CLUSTER', 'REPLICATE', await primary.cli('CLUSTER', 'MYID'));
  }
  await untilAll(replicas, 'the replicas to follow their primaries', async (replica) =>
    (await replica.cli('INFO', 'replication')).includes('master_link_status:up'),
  );
  await untilAll(servers, 'the cluster to be well', async (node) =>
    (await node.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'),
  );
}

async function untilAll(
  servers: readonly RedisServer[],
  what: string,
  condition: (server: RedisServer) => Promise<boolean>,
): Promise<void> {
  for (const server of servers) await waitFor(() => condition(server), { what, intervalMs: 50, timeoutMs: 20_000 });
}

function handleOf(nodes: readonly RedisServer[], replicas: readonly RedisServer[]) {
  const running = async (): Promise<RedisServer> => {
    for (const server of [...nodes, ...replicas]) if ((await server.pids()).length > 0) return server;
    throw new Error('no node of the cluster runs');
  };
  return {
    nodes,
    replicas,
    cliAll: (...args: string[]) => Promise.all(nodes.map((node) => node.cli(...args))),
    slotOf: async (key: string) => Number(await (await running()).cli('CLUSTER', 'KEYSLOT', key)),
    idOf: (server: RedisServer) => server.cli('CLUSTER', 'MYID'),
    async ownerOf(slot: number) {
      const port = await primaryPortOf(await running(), slot);
      const owner = [...nodes, ...replicas].find((server) => server.port === port);
      if (owner === undefined) throw new Error(`no node answers for slot ${slot}`);
      return owner;
    },
  };
}

/** `CLUSTER NODES` has a line a node: id, address, flags, …, and its ranges of slots from the ninth word on. */
async function primaryPortOf(server: RedisServer, slot: number): Promise<number | undefined> {
  for (const line of (await server.cli('CLUSTER', 'NODES')).split('\n')) {
    const [, address = '', flags = '', , , , , , ...ranges] = line.split(' ');
    if (!flags.includes('master') || flags.includes('fail')) continue;
    const isOwner = ranges.some((range) => {
      const [from = Number.NaN, to = from] = range.split('-').map(Number);
      return from <= slot && slot <= to;
    });
    if (isOwner) return Number(/:(\d+)@/.exec(address)?.[1]);
  }
  return undefined;
}
