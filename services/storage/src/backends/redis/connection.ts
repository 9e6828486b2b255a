import type { RedisEphemeralConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { StoreObserver } from '../../ports.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { followAccess, openRedisAccess } from './access.ts';
import { createRedisClient, type RedisCommands } from './client.ts';
import { isReadySoon, watchState } from './connection-state.ts';
import { isLastingRefusal, redisError } from './errors.ts';
import { createOutageLog, watchOutages } from './outage-log.ts';

/** How a connection is made. */
export interface RedisConnectionOptions {
  readonly config: RedisEphemeralConfig;
  readonly logger: Logger;
  readonly onCommand?: StoreObserver;
}

/** The connection to one server, to whichever is the primary, or to the nodes of a Cluster; made again when it breaks. */
export interface RedisConnection {
  /**
   * Runs the commands of one operation, which leave together: one round trip. Rejects with a TesseraError, `unavailable`
   * when there is no connection within half a second or no answer within two more.
   */
  run<T>(name: string, commands: (client: RedisCommands) => Promise<T>): Promise<T>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 2000;

/**
 * Connects in the background, trying again for as long as it takes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS or password file cannot be read, or for a prefix that a Cluster cannot have.
 */
export function connectRedis({ config, logger, onCommand }: RedisConnectionOptions): RedisConnection {
  const client = createRedisClient(config);
  const access = openRedisAccess(config, logger);
  followAccess(client, access);
  const outages = createOutageLog(logger);
  watchOutages(client, subjectOf(config.topology), outages);
  const state = watchState(client);
  client.connect().catch(() => undefined);
  return {
    async run(name, commands) {
      if (!state.isReady() && !(await isReadySoon(state))) throw storeUnavailable('Redis');
      onCommand?.(name);
      try {
        const answer = await answerInTime(commands(client));
        outages.ended(name);
        return answer;
      } catch (thrown) {
        if (isLastingRefusal(thrown)) outages.began(name, thrown);
        const error = redisError(thrown);
        if (error.kind === 'internal') logger.error({ err: thrown, command: name }, 'a command failed');
        throw error;
      }
    },
    async ready() {
      while (!state.isReady() && !state.isClosed()) await state.nextChange();
    },
    async close() {
      access.close();
      state.close();
      client.disconnect();
    },
  };
}

function subjectOf(topology: RedisEphemeralConfig['topology']): string {
  if (topology.type === 'cluster') return 'cluster';
  return topology.type === 'single' ? `${topology.host}:${topology.port}` : topology.master;
}

async function answerInTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(storeUnavailable('Redis')), ANSWER_TIMEOUT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
