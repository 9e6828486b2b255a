import { join } from 'node:path';
import { type Cluster, startCluster } from '@tessera/cli';
import { type ServiceName, storageClient } from '@tessera/contracts';
import { createChannel, type RpcChannel } from '@tessera/rpc';
import { waitFor } from '@tessera/testkit';
import { type History, isLinearizable } from './checker.ts';
import { startNemesis } from './nemesis.ts';
import { lookOnceMore, runHistory, type StorageUnderTest } from './run-history.ts';
import { createSeededRandom } from './seeded-random.ts';

/** How many histories are made, and from which seed. */
export interface ExploreOptions {
  /** The same seed makes the same choices; how the calls interleave is up to the machine. */
  readonly seed: number;
  readonly histories: number;
  /** No new history begins after that; what is under way is finished and checked. */
  readonly longestSeconds: number;
}

/** What was found. */
export interface Exploration {
  readonly histories: number;
  readonly calls: number;
  /** Calls that were not answered. */
  readonly unanswered: number;
  readonly deeds: readonly string[];
  /** Those that no order of the calls explains. */
  readonly violations: readonly History[];
}

const AT_A_TIME = 24;
const CLIENTS = 3;
const CALLS = 5;
const DEADLINE_MS = 2_000;

/**
 * Lets clients race for codes and refresh tokens of two storage processes while those, PostgreSQL and Redis are killed and
 * paused, and checks every history that comes of it.
 */
export async function explore({ seed, histories, longestSeconds }: ExploreOptions): Promise<Exploration> {
  await using cluster = await startCluster({ replicas: { storage: 2 } });
  const random = createSeededRandom(seed);
  const channels = (['authorize', 'token'] as const).map((caller) => dial(cluster, caller));
  const [asAuthorize, asToken] = channels.map((channel) => storageClient(channel, DEADLINE_MS));
  const storage: StorageUnderTest = { ...required(asToken), ...completionsOf(required(asAuthorize)) };
  const nemesis = startNemesis(cluster, random.fork());
  const made: History[] = [];
  const untilMs = performance.now() + longestSeconds * 1000;
  try {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        const own = random.fork();
        while (made.length < histories && performance.now() < untilMs) {
          const history = await runHistory({ storage, random: own.fork(), clients: CLIENTS, calls: CALLS });
          if (history !== undefined) made.push(history);
        }
      }),
    );
  } finally {
    await nemesis.stop();
  }
  await untilServed(storage);
  const complete: History[] = [];
  for (const history of made) complete.push(await lookOnceMore(storage, history));
  for (const channel of channels) channel.close();
  const calls = complete.flat();
  return {
    histories: complete.length,
    calls: calls.length,
    unanswered: calls.filter(({ answered }) => answered === undefined).length,
    deeds: nemesis.deeds,
    violations: complete.filter((history) => !isLinearizable(history)),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no client');
  return value;
}

function completionsOf(storage: StorageUnderTest) {
  return {
    putAuthorizationRequest: storage.putAuthorizationRequest,
    completeAuthorizationRequest: storage.completeAuthorizationRequest,
  };
}

function dial(cluster: Cluster, caller: ServiceName): RpcChannel {
  const file = (name: string): string => join(cluster.directory, 'certificates', name);
  return createChannel({
    caller,
    target: 'storage',
    addresses: cluster.of('storage').flatMap(({ grpc }) => grpc ?? []),
    security: {
      type: 'mtls',
      files: { caFile: file('ca.pem'), certFile: file('{service}.pem'), keyFile: file('{service}.key') },
    },
  });
}

async function untilServed(storage: StorageUnderTest): Promise<void> {
  const isServed = async (): Promise<boolean> => {
    const [outcome] = await storage.findGrants(['00000000-0000-4000-8000-000000000000']).catch(() => []);
    return outcome?.ok === true;
  };
  await waitFor(isServed, { what: 'storage to answer again', timeoutMs: 30_000 });
}
