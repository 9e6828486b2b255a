import type { ConnectionOptions } from 'node:tls';
import type { EphemeralConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import { Redis } from 'ioredis';
import type { StoreObserver } from '../../ports.ts';
import { readTlsFile } from '../../rules/read-tls-file.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import type { RedisScript } from './scripts.ts';

/** The configuration of a Redis store. */
export type RedisConfig = Extract<EphemeralConfig, { readonly type: 'redis' }>;

/** How a connection is made. */
export interface RedisOptions {
  readonly config: RedisConfig;
  readonly logger: Logger;
  readonly onCommand?: StoreObserver;
}

/** One connection, made again whenever it breaks. Commands leave it pipelined, in the order they come. */
export interface RedisConnection {
  /** Runs one command, one round trip. Rejects with a TesseraError, `unavailable` when there is no connection soon. */
  run<T>(name: string, command: (redis: Redis) => Promise<T>): Promise<T>;
  /** Runs a script by its hash, by its text when the server does not know it. */
  runScript(
    name: string,
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 2000;
const CONNECT_TIMEOUT_MS = 2000;
/** How long a command waits for a connection that is being made again. */
const RECONNECT_PATIENCE_MS = 500;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/**
 * Connects in the background, trying again for as long as it takes.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function connectRedis({ config, logger, onCommand }: RedisOptions): RedisConnection {
  const redis = createClient(config);
  let isComplaining = false;
  redis.on('error', (error: Error) => {
    // One line per outage: the attempts go on for as long as it lasts.
    if (!isComplaining) logger.warn({ err: error, host: config.host, port: config.port }, 'Redis is not ready');
    isComplaining = true;
  });
  redis.on('ready', () => {
    isComplaining = false;
  });
  const state = watchState(redis);
  redis.connect().catch(() => undefined);

  const run: RedisConnection['run'] = async (name, command) => {
    if (!state.isReady() && !(await isReadySoon(state))) throw storeUnavailable('Redis');
    onCommand?.(name);
    try {
      return await command(redis);
    } catch (thrown) {
      const error = redisError(thrown);
      if (error.kind === 'internal') logger.error({ err: thrown, command: name }, 'a command failed');
      throw error;
    }
  };
  return {
    run,
    runScript: (name, { sha, lua }, keys, args) =>
      run(name, async () => {
        try {
          return await redis.evalsha(sha, keys.length, ...keys, ...args);
        } catch (thrown) {
          if (!replyOf(thrown).startsWith('NOSCRIPT')) throw thrown;
          return redis.eval(lua, keys.length, ...keys, ...args);
        }
      }),
    async ready() {
      while (!state.isReady() && !state.isClosed()) await state.nextChange();
    },
    async close() {
      state.close();
      redis.disconnect();
    },
  };
}

function createClient({ host, port, database, username, password, tls }: RedisConfig): Redis {
  return new Redis({
    host,
    port,
    db: database,
    lazyConnect: true,
    connectionName: 'tessera-storage',
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // A command whose answer was lost may have been carried out: the caller decides about repeating it.
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * FIRST_RETRY_MS, LAST_RETRY_MS),
    // After a failover the old primary answers as a replica: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
  });
}

function tlsOptions({ caFile, certFile, keyFile }: NonNullable<RedisConfig['tls']>): ConnectionOptions {
  return {
    ...(caFile === undefined ? {} : { ca: readTlsFile(caFile) }),
    ...(certFile === undefined ? {} : { cert: readTlsFile(certFile) }),
    ...(keyFile === undefined ? {} : { key: readTlsFile(keyFile) }),
  };
}

interface ConnectionState {
  isReady(): boolean;
  isClosed(): boolean;
  /** Settles when the connection becomes ready or is closed for good; one promise for everybody who waits. */
  nextChange(): Promise<void>;
  close(): void;
}

function watchState(redis: Redis): ConnectionState {
  let isClosed = false;
  let change = Promise.withResolvers<void>();
  const settle = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  redis.on('ready', settle);
  return {
    isReady: () => !isClosed && redis.status === 'ready',
    isClosed: () => isClosed,
    nextChange: () => change.promise,
    close: () => {
      isClosed = true;
      settle();
    },
  };
}

async function isReadySoon(state: ConnectionState): Promise<boolean> {
  if (state.isClosed()) return false;
  const { promise: patience, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, RECONNECT_PATIENCE_MS);
  await Promise.race([state.nextChange(), patience]);
  clearTimeout(timer);
  return state.isReady();
}

function replyOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.name === 'ReplyError' ? thrown.message : '';
}

/** Error replies that say the server cannot work now, not that the command is wrong. */
const UNAVAILABLE_REPLIES =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|BUSY|NOAUTH|WRONGPASS|NOPERM)/;

function redisError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const reply = replyOf(thrown);
  // Whatever is no reply is a broken connection or one that says nothing any more.
  return reply === '' || UNAVAILABLE_REPLIES.test(reply)
    ? storeUnavailable('Redis', thrown)
    : TesseraError.from(thrown);
}
