import type { Cluster } from '@tessera/cli';

/** A part of the system whose CPU time is counted. */
export interface Tier {
  readonly name: string;
  /** Main processes; their descendants belong to them. */
  readonly pids: () => readonly number[];
}

/** Every process of a run: gateway, services, databases. */
export function tiersOf(cluster: Cluster): readonly Tier[] {
  const counts = new Map<string, number>();
  for (const { service } of cluster.processes) counts.set(service, (counts.get(service) ?? 0) + 1);
  return [
    { name: 'nginx', pids: () => [cluster.gateway.pid] },
    ...cluster.processes.map((replica) => ({
      name: (counts.get(replica.service) ?? 0) > 1 ? `${replica.service} ${replica.replica}` : replica.service,
      pids: () => [replica.pid],
    })),
    { name: 'postgres', pids: () => [cluster.postgres.pid] },
    { name: 'redis', pids: () => [cluster.redis.pid] },
  ];
}
