import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Replica } from '@tessera/cli';
import type { RestartableServer } from '@tessera/testkit';
import type { SeededRandom } from './seeded-random.ts';

/** Breaks things, one at a time, and mends them. */
export interface Nemesis {
  /** What was done, in order. */
  readonly deeds: readonly string[];
  /** Ends after the deed under way; everything runs again then. */
  stop(): Promise<void>;
}

const SHORTEST_PAUSE_MS = 100;
const PAUSES_MS = 400;
const SHORTEST_OUTAGE_MS = 100;
const OUTAGES_MS = 900;

/** Kills and pauses storage processes, PostgreSQL and Redis, as the numbers say, until it is stopped. */
export function startNemesis(cluster: Cluster, random: SeededRandom): Nemesis {
  const deeds: string[] = [];
  let isStopped = false;
  const replica = (): Replica => random.pick(cluster.of('storage') as [Replica, ...Replica[]]);
  const outage = (): Promise<void> => sleep(SHORTEST_OUTAGE_MS + random.whole(OUTAGES_MS));
  const kinds: readonly [string, () => Promise<void>][] = [
    ['kill storage', async () => kill(replica())],
    ['pause storage', () => pauseReplica(replica(), outage)],
    ['kill PostgreSQL', () => crash(cluster.postgres, outage)],
    ['pause PostgreSQL', () => pauseServer(cluster.postgres, outage)],
    ['kill Redis', () => crash(cluster.redis, outage)],
    ['pause Redis', () => pauseServer(cluster.redis, outage)],
  ];
  const run = async (): Promise<void> => {
    while (!isStopped) {
      await sleep(SHORTEST_PAUSE_MS + random.whole(PAUSES_MS));
      if (isStopped) return;
      const [name, act] = random.pick(kinds as [(typeof kinds)[number], ...typeof kinds]);
      deeds.push(name);
      await act();
    }
  };
  const running = run();
  return {
    deeds,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

async function kill(replica: Replica): Promise<void> {
  if (replica.isRunning) replica.kill('SIGKILL');
}

async function pauseReplica(replica: Replica, outage: () => Promise<void>): Promise<void> {
  if (!replica.isRunning) return;
  const { pid } = replica;
  process.kill(pid, 'SIGSTOP');
  await outage();
  signalIfThere(pid, 'SIGCONT');
}

async function crash(server: RestartableServer, outage: () => Promise<void>): Promise<void> {
  await server.stop('SIGKILL');
  await outage();
  await startAgain(server);
}

async function pauseServer(server: RestartableServer, outage: () => Promise<void>): Promise<void> {
  const pids = await server.pids();
  for (const pid of pids) signalIfThere(pid, 'SIGSTOP');
  await outage();
  for (const pid of pids) signalIfThere(pid, 'SIGCONT');
}

/** What a killed server left behind (its children, its shared memory) may stand in the way for a moment. */
async function startAgain(server: RestartableServer): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await server.start();
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(200);
    }
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
