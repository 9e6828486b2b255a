import * as z from 'zod';
import type { MysqlStorageConfig } from '../../types.ts';
import { refused } from '../fields.ts';
import { clientTlsKeys, sqlAddress, sqlConnectionKeys } from './sql-connection.ts';

const DEFAULT_PORT = 3306;
const DEFAULT_CONNECTIONS = 10;

/** YAML reads `mode: true` as a truth value; `custom` is how Dex writes "verify with the files given here". */
const modes = new Map<boolean | string, MysqlStorageConfig['ssl']['mode']>([
  [true, 'true'],
  ['true', 'true'],
  ['custom', 'true'],
  [false, 'false'],
  ['false', 'false'],
  ['skip-verify', 'skip-verify'],
]);

/** `storage.type: mysql`. */
export const mysqlSchema = z
  .strictObject({
    type: z.literal('mysql').describe('MySQL or MariaDB; any number of processes.'),
    config: z
      .strictObject({
        ...sqlConnectionKeys(DEFAULT_PORT),
        params: refused('Session variables.', 'the session would not have the variables that this key sets'),
        ssl: z
          .strictObject({
            mode: z
              .union([z.boolean(), z.enum(['true', 'false', 'skip-verify', 'custom'])], {
                error: 'must be one of true, false, skip-verify, custom',
              })
              .default('true')
              .meta({
                description:
                  '`true` verifies the server, `skip-verify` encrypts and verifies nothing, `false` is without TLS; `custom` is the same as `true`.',
                typeName: '`true`, `false`, `skip-verify`, `custom`',
              }),
            ...clientTlsKeys,
          })
          .prefault({})
          .describe('TLS towards the database.'),
      })
      .describe('The connection.'),
  })
  .describe('Durable state in MySQL or MariaDB.');

/** The effective block. */
export function toMysql(config: z.output<typeof mysqlSchema>['config']): MysqlStorageConfig {
  const { mode, ...files } = config.ssl;
  return {
    type: 'mysql',
    ...sqlAddress(config, DEFAULT_PORT),
    database: config.database,
    user: config.user,
    password: config.password,
    ...(config.passwordFile ? { passwordFile: config.passwordFile } : {}),
    connectionTimeoutSeconds: config.connectionTimeout,
    maxOpenConns: config.maxOpenConns === 0 ? DEFAULT_CONNECTIONS : config.maxOpenConns,
    ssl: { mode: modes.get(mode) ?? 'true', ...files },
  };
}
