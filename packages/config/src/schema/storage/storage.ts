import * as z from 'zod';
import type { Report } from '../../load/report.ts';
import type { StorageConfig } from '../../types.ts';
import { splitHostPort } from '../addresses.ts';
import { checkedText } from '../fields.ts';
import type { Partially } from '../partially.ts';
import { etcdSchema, toEtcd } from './etcd.ts';
import { mysqlSchema, toMysql } from './mysql.ts';
import { postgresSchema, toPostgres } from './postgres.ts';

const memory = z
  .strictObject({
    type: z.literal('memory').describe('Nothing outlives the process.'),
    config: z.strictObject({}).prefault({}).describe('No keys.'),
  })
  .describe('Durable state in memory: for trying out.');

const sqlite3 = z
  .strictObject({
    type: z.literal('sqlite3').describe('One file, one process.'),
    config: z
      .strictObject({
        file: checkedText(
          'Path of the database file, relative to the working directory; `:memory:` keeps it in memory.',
          (value) => {
            if (value === '') return 'must not be empty';
            return value.startsWith('file:') ? 'must be a plain path, not a file: URI' : undefined;
          },
        ),
      })
      .describe('The SQLite database.'),
  })
  .describe('Durable state in a SQLite file.');

/** `storage`: where durable state lives. */
export const storageSchema = z
  .discriminatedUnion('type', [memory, sqlite3, postgresSchema, mysqlSchema, etcdSchema])
  .meta({
    description:
      'Where durable state lives: grants, sessions, consents, clients, people of the password database, signing keys.',
    otherTypes: { noun: 'storage', knownFromDex: ['kubernetes'] },
  });

/** Rules between the keys of `storage`. */
export function checkStorage(storage: Partially<z.input<typeof storageSchema>> | undefined, report: Report): void {
  if (storage?.type === 'postgres' || storage?.type === 'mysql') {
    const { host, port } = storage.config ?? {};
    const hostPort = host === undefined || host.startsWith('/') ? undefined : splitHostPort(host)?.port;
    if (hostPort !== undefined && port !== undefined && hostPort !== port) {
      report.derived(['storage', 'config', 'port'], `differs from the port in host (${hostPort}); keep one of them`);
    }
  }
  if (storage?.type === 'postgres' || storage?.type === 'mysql' || storage?.type === 'etcd') {
    const { ssl } = storage.config ?? {};
    if ((ssl?.keyFile === undefined) !== (ssl?.certFile === undefined)) {
      report.derived(['storage', 'config', 'ssl'], 'needs keyFile and certFile together, or neither');
    }
  }
}

/** The effective storage block. */
export function toStorageConfig(storage: z.output<typeof storageSchema>): StorageConfig {
  switch (storage.type) {
    case 'memory':
      return { type: 'memory' };
    case 'sqlite3':
      return { type: 'sqlite3', file: storage.config.file };
    case 'postgres':
      return toPostgres(storage.config);
    case 'mysql':
      return toMysql(storage.config);
    case 'etcd':
      return toEtcd(storage.config);
  }
}
