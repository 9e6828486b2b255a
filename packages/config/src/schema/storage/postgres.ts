import * as z from 'zod';
import type { PostgresStorageConfig } from '../../types.ts';
import { splitHostPort } from '../addresses.ts';
import { checkedText, wholeNumber } from '../fields.ts';
import { clientTlsKeys, sqlAddress, sqlConnectionKeys } from './sql-connection.ts';

const DEFAULT_PORT = 5432;
const DEFAULT_CONNECTIONS = 10;

/** `storage.type: postgres`. */
export const postgresSchema = z
  .strictObject({
    type: z.literal('postgres').describe('Any number of processes.'),
    config: z
      .strictObject({
        ...sqlConnectionKeys(DEFAULT_PORT),
        ssl: z
          .strictObject({
            mode: z
              .enum(['disable', 'require', 'verify-ca', 'verify-full'])
              .default('verify-full')
              .describe('How far TLS is demanded and the server verified.'),
            ...clientTlsKeys,
          })
          .prefault({})
          .describe('TLS towards the database.'),
        replica: z
          .strictObject({
            host: checkedText('Host name, address or `host:port`.', (value) =>
              value !== '' && splitHostPort(value)?.host ? undefined : 'must be a host name or host:port',
            ),
            port: wholeNumber('TCP port; that of the primary when left out.', 1, 65535).exactOptional(),
          })
          .exactOptional()
          .describe("A read-only copy (Tessera's own), for lists that may lag behind. Same database, user and TLS."),
      })
      .describe('The PostgreSQL connection.'),
  })
  .describe('Durable state in PostgreSQL.');

/** The effective block. */
export function toPostgres(config: z.output<typeof postgresSchema>['config']): PostgresStorageConfig {
  const address = sqlAddress(config, DEFAULT_PORT);
  return {
    type: 'postgres',
    ...address,
    database: config.database,
    user: config.user,
    password: config.password,
    ...(config.passwordFile ? { passwordFile: config.passwordFile } : {}),
    connectionTimeoutSeconds: config.connectionTimeout,
    maxOpenConns: config.maxOpenConns === 0 ? DEFAULT_CONNECTIONS : config.maxOpenConns,
    ssl: config.ssl,
    ...(config.replica === undefined ? {} : { replica: sqlAddress(config.replica, address.port) }),
  };
}
