import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';

/** Whether a connection has had its time: the next answer is its last. The first time it is asked of one, its time begins. */
export type ConnectionAge = (connection: Socket) => boolean;

/** Connections that were opened together are not all given up together. */
const SPREAD = 0.1;

/**
 * Gives connections up at about `maxAgeMs` (RFC 9112 §9.6), so that whoever keeps connections, as a proxy before several
 * replicas does, comes to replicas that were added since. No request is lost: the answer tells that it is the last.
 */
export function createConnectionAge(maxAgeMs: number): ConnectionAge {
  const ends = new WeakMap<Socket, number>();
  const spreadMs = Math.floor(maxAgeMs * SPREAD);
  return (connection) => {
    const end = ends.get(connection);
    if (end !== undefined) return performance.now() >= end;
    ends.set(connection, performance.now() + maxAgeMs + randomInt(-spreadMs, spreadMs + 1));
    return false;
  };
}
