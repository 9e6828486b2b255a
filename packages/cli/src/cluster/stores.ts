import {
  type PostgresOptions,
  type PostgresServer,
  type RedisOptions,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@tessera/testkit';
import type { ConfigTree } from './run-configuration.ts';

/** The databases of a run. */
export interface Stores {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  /** The configuration's blocks `storage` and `ephemeral` that lead to them. */
  readonly configuration: ConfigTree;
  close(): Promise<void>;
}

/** How the databases are set up. */
export interface StoreOptions {
  readonly postgres?: PostgresOptions | undefined;
  readonly redis?: RedisOptions | undefined;
}

/** Starts PostgreSQL with durable commits and an empty database, and Redis. */
export async function startStores(options: StoreOptions): Promise<Stores> {
  const [postgres, redis] = await bothOrNone(startPostgres(options.postgres), startRedis(options.redis));
  const close = async (): Promise<void> => {
    await Promise.all([postgres.close(), redis.close()]);
  };
  try {
    const { host, port, user, password } = postgres;
    const database = await postgres.createDatabase('tessera');
    return {
      postgres,
      redis,
      configuration: {
        storage: { type: 'postgres', config: { host, port, database, user, password, ssl: { mode: 'disable' } } },
        ephemeral: { type: 'redis', config: { host: redis.host, port: redis.port } },
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function bothOrNone<A extends AsyncDisposable, B extends AsyncDisposable>(
  first: Promise<A>,
  second: Promise<B>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value[Symbol.asyncDispose]();
  if (b.status === 'fulfilled') await b.value[Symbol.asyncDispose]();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : undefined;
}
