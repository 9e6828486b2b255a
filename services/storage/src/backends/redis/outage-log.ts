import type { Logger } from '@tessera/telemetry';
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './client.ts';

/** One line for each outage: attempts go on for as long as it lasts, and so do the errors. */
export interface OutageLog {
  /** Tells of the first error of a subject since it was well. */
  began(subject: string, error: unknown): void;
  ended(subject: string): void;
}

/** Subjects are servers and commands. More than these come of addresses that change; they are forgotten then. */
const MAX_SUBJECTS = 1000;

/** An outage log. */
export function createOutageLog(logger: Logger): OutageLog {
  const subjects = new Set<string>();
  return {
    began(subject, error) {
      if (subjects.has(subject)) return;
      if (subjects.size >= MAX_SUBJECTS) subjects.clear();
      subjects.add(subject);
      logger.warn({ err: error, redis: subject }, 'Redis is not ready');
    },
    ended: (subject) => void subjects.delete(subject),
  };
}

/** Tells the log of the outages of a client: of the server, or of each node of a Cluster by itself. */
export function watchOutages(client: RedisClient, subject: string, log: OutageLog): void {
  if (!(client instanceof Cluster)) {
    client.on('error', (error: Error) => log.began(subject, error));
    client.on('ready', () => log.ended(subject));
    return;
  }
  // Says that no node answers; each has said so before.
  client.on('error', () => undefined);
  client.on('node error', (error: Error, node: string) => log.began(node, error));
  client.on('+node', (node: Redis) => {
    const { host, port } = node.options;
    node.on('ready', () => log.ended(`${host}:${port}`));
  });
}
