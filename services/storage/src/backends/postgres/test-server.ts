import { randomBytes, randomUUID } from 'node:crypto';
import { silentLogger } from '@tessera/telemetry';
import { type PostgresServer, startPostgres } from '@tessera/testkit';
import { Client, type QueryResultRow } from 'pg';
import { sampleAuthorization } from '../../conformance/samples.ts';
import type { DurableStore, NewGrant } from '../../ports.ts';
import type { PostgresOptions } from './database.ts';
import { openPostgresStore } from './durable.ts';
import type { PostgresConfig } from './ssl.ts';

/** A PostgreSQL server for tests, and stores in it. */
export interface TestServer {
  readonly server: PostgresServer;
  config(database: string, overrides?: Partial<PostgresConfig>): PostgresConfig;
  /** Opens a store with an outbox. */
  open(database: string, options?: Partial<PostgresOptions>): DurableStore;
  /** A database of its own with the schema in it. */
  freshDatabase(): Promise<string>;
  /** Lends a connection of its own. */
  withClient<T>(database: string, use: (client: Client) => Promise<T>): Promise<T>;
  /** The rows of one statement. */
  rows<R extends QueryResultRow>(database: string, text: string, values?: unknown[]): Promise<R[]>;
}

/** Starts a server that forgets everything in a crash. */
export async function startTestServer(version: 15 | 18 = 18): Promise<TestServer> {
  const server = await startPostgres({ version, fsync: false });
  const config: TestServer['config'] = (database, overrides = {}) => ({
    type: 'postgres',
    host: server.host,
    port: server.port,
    database,
    user: server.user,
    password: server.password,
    connectionTimeoutSeconds: 5,
    maxOpenConns: 10,
    ssl: { mode: 'disable' },
    ...overrides,
  });
  const open: TestServer['open'] = (database, options = {}) =>
    openPostgresStore({ config: config(database), logger: silentLogger, hasOutbox: true, ...options });
  const withClient: TestServer['withClient'] = async (database, use) => {
    const client = new Client({ connectionString: server.url(database) });
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  };
  return {
    server,
    config,
    open,
    withClient,
    async freshDatabase() {
      const database = await server.createDatabase();
      const store = open(database);
      await store.ready();
      await store.close();
      return database;
    },
    rows: <R extends QueryResultRow>(database: string, text: string, values: unknown[] = []) =>
      withClient(database, async (client) => (await client.query<R>(text, values)).rows),
  };
}

/** When grants of these tests were made. */
export const CREATED_AT = new Date('2026-01-01T00:00:00.000Z');

/** A grant under a code of its own. */
export function sampleNewGrant(overrides: Partial<NewGrant> = {}): NewGrant {
  return {
    id: randomUUID(),
    codeHash: randomBytes(32),
    subject: 'CgJ1MRIEbGRhcA',
    authorization: sampleAuthorization(),
    createdAt: CREATED_AT,
    ...overrides,
  };
}
