import { type ServiceName, serviceNames } from '@tessera/contracts';
import { freePort } from '@tessera/testkit';
import { CommandFailure } from '../command-line/failure.ts';

/** How many processes each service has; one where nothing is said. */
export type ReplicaCounts = Readonly<Partial<Record<ServiceName, number>>>;

/** Where one process will listen. */
export interface PlannedReplica {
  readonly service: ServiceName;
  readonly replica: number;
  readonly grpc: string | undefined;
  readonly http: string | undefined;
}

const MAX_REPLICAS = 16;
const rpcServices: readonly ServiceName[] = ['token', 'keys', 'federation', 'storage'];
const httpServices: readonly ServiceName[] = ['keys', 'authorize', 'token'];

/** Reads `token=3,storage=2`. Throws CommandFailure for anything else. */
export function parseReplicas(text: string): ReplicaCounts {
  const counts: Partial<Record<ServiceName, number>> = {};
  for (const item of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name, count] = /^\s*(\w+)=(\d+)\s*$/.exec(item) ?? [];
    const service = serviceNames.find((known) => known === name);
    if (service === undefined) {
      throw new CommandFailure(
        `--replicas takes items such as token=3, not ${JSON.stringify(item)}; the services are ${serviceNames.join(', ')}.`,
      );
    }
    counts[service] = Number(count);
  }
  return counts;
}

/** What a run is planned from. */
export interface ReplicaPlanOptions {
  readonly counts: ReplicaCounts;
  /** Whether all state is in the only storage process. */
  readonly isInMemory: boolean;
  /** Whether the configuration says where events go; without that there is no events service. */
  readonly hasEvents: boolean;
}

/**
 * Chooses free ports for every process. Throws CommandFailure for a number of replicas that cannot be, and for several
 * replicas of a service whose state would be in each alone.
 */
export async function planReplicas(options: ReplicaPlanOptions): Promise<readonly PlannedReplica[]> {
  const { counts, isInMemory, hasEvents } = options;
  const taken = new Set<number>();
  const planned: PlannedReplica[] = [];
  for (const service of serviceNames) {
    if (service === 'events' && !hasEvents) continue;
    const count = counts[service] ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > MAX_REPLICAS) {
      throw new CommandFailure(`${service} can have 1 to ${MAX_REPLICAS} replicas, not ${count}.`);
    }
    if (service === 'storage' && count > 1 && isInMemory) {
      throw new CommandFailure(
        `${count} replicas of storage cannot share a state that is in memory. Use one, or run with PostgreSQL and Redis.`,
      );
    }
    for (let replica = 0; replica < count; replica += 1) {
      const address = async (isNeeded: boolean): Promise<string | undefined> =>
        isNeeded ? `127.0.0.1:${await anotherPort(taken)}` : undefined;
      const grpc = await address(rpcServices.includes(service));
      const http = await address(httpServices.includes(service));
      planned.push({ service, replica, grpc, http });
    }
  }
  return planned;
}

async function anotherPort(taken: Set<number>): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!taken.has(port)) {
      taken.add(port);
      return port;
    }
  }
}
