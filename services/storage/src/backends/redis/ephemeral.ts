import type { EphemeralStore } from '../../ports.ts';
import { connectRedis, type RedisConnectionOptions } from './connection.ts';
import { createRedisCounters } from './counters.ts';
import { createRedisDevices } from './devices.ts';
import { createRedisEntries } from './entries.ts';
import { createRedisFlows } from './flows.ts';
import { createRedisKeys } from './keys.ts';

/**
 * Short-lived state in Redis, shared by any number of processes: one server, one found through Sentinels, or a Cluster.
 * Each method is one command or one script, a batch is one round trip; lifetimes are the server's. What an operation
 * changes lies in one slot. Calls fail within two and a half seconds while the server that is asked for cannot be reached.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read, or for a prefix that a Cluster cannot have. A
 * server that does not answer throws nothing.
 */
export function openRedisStore(options: RedisConnectionOptions): EphemeralStore {
  const connection = connectRedis(options);
  const { prefix, topology } = options.config;
  const keys = createRedisKeys(prefix);
  return {
    ready: () => connection.ready(),
    close: () => connection.close(),
    ...createRedisFlows(connection, keys, topology.type === 'cluster'),
    ...createRedisEntries(connection, keys),
    ...createRedisDevices(connection, keys),
    ...createRedisCounters(connection, keys),
    // The server lets go by itself.
    async sweep() {},
  };
}
