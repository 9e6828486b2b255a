import type { RedisEphemeralConfig } from '@tessera/config';
import { Cluster, Redis, type RedisCommander } from 'ioredis';
import { cannotOpen } from '../../rules/store-errors.ts';

/** A client of any topology. */
export type RedisClient = Redis | Cluster;

/** The commands of any client. Those issued in one turn leave together, joined for each server. */
export type RedisCommands = RedisCommander;

const CONNECT_TIMEOUT_MS = 2000;
/** A connection that owes an answer for so long is dead: a host that vanished says no goodbye. */
const SILENCE_MS = 2000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;
const SENTINEL_RESUBSCRIBE_MS = 5000;
/** Together with its pauses of 100 ms this covers the time in which a slot moves; the deadline of the call is the bound. */
const MAX_REDIRECTIONS = 32;

const backOff = (attempt: number): number => Math.min(attempt * FIRST_RETRY_MS, LAST_RETRY_MS);

/** For a connection to one server that stays. The nodes of a Cluster come and go as the Cluster says. */
const STAYING = {
  enableOfflineQueue: false,
  retryStrategy: backOff,
  // After a failover the old primary answers as a replica: look for the new one.
  reconnectOnError: (error: Error): boolean => error.message.startsWith('READONLY'),
} as const;

/**
 * A client that connects when it is told to, and again whenever its connection breaks. The least rights of a user in an
 * access-control list: get, mget, set, del, exists, pttl, pexpire, pexpireat, hset, hmget, eval, evalsha and time on the
 * keys of the prefix, info, select for a database other than 0, client|setname for its name to be shown, and in a Cluster
 * cluster|slots, cluster|info and asking. Towards Sentinels: sentinel, and subscribe with its channels. TLS holds for
 * Sentinels too.
 *
 * Passwords and certificates are the business of `followAccess`.
 *
 * @throws TesseraError `storage.cannot_open` for a prefix that a Cluster cannot have.
 */
export function createRedisClient(config: RedisEphemeralConfig): RedisClient {
  const { topology } = config;
  const common = commonOptions(config);
  switch (topology.type) {
    case 'single':
      return new Redis({ ...common, ...STAYING, host: topology.host, port: topology.port, db: topology.database });
    case 'sentinel':
      return new Redis({
        ...common,
        ...STAYING,
        ...(common.tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: {} }),
        ...(topology.username === undefined ? {} : { sentinelUsername: topology.username }),
        sentinels: topology.sentinels.map(({ host, port }) => ({ host, port })),
        name: topology.master,
        db: topology.database,
        sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
        sentinelRetryStrategy: backOff,
        sentinelReconnectStrategy: () => SENTINEL_RESUBSCRIBE_MS,
        // Leaves the old primary as soon as a Sentinel says so, also when that one still answers.
        failoverDetector: true,
      });
    case 'cluster':
      return createClusterClient(topology.nodes, config.prefix, common);
  }
}

function createClusterClient(
  nodes: readonly { readonly host: string; readonly port: number }[],
  prefix: string,
  common: CommonOptions,
): Cluster {
  if (prefix.includes('{')) throw cannotOpen('the prefix of the keys in a Redis Cluster must not have braces');
  return new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      redisOptions: common,
      clusterRetryStrategy: backOff,
      maxRedirections: MAX_REDIRECTIONS,
      // A node that is down: fail at once. What was on its way may have been carried out and is not sent again.
      retryDelayOnFailover: 0,
      // Names stay names, so that certificates can be checked against them.
      dnsLookup: (address, callback) => callback(null, address),
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    },
  );
}

/** What holds for every server, whichever way it is found. */
type CommonOptions = ReturnType<typeof commonOptions>;

function commonOptions({ username, tls }: RedisEphemeralConfig) {
  return {
    lazyConnect: true,
    connectionName: 'tessera-storage',
    // Without HELLO, which a user of an access-control list would need a right for.
    protocol: 2 as const,
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    // A command whose answer was lost may have been carried out: the caller decides about repeating it.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    ...(username === undefined ? {} : { username }),
    ...(tls === undefined ? {} : { tls: {} }),
  };
}
