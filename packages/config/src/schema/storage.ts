import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { StorageConfig } from '../types.ts';
import { splitHostPort } from './addresses.ts';
import { checkedText, ignored, optionalText, requiredText, text, wholeNumber } from './fields.ts';
import type { Partially } from './partially.ts';

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

const postgres = z
  .strictObject({
    type: z.literal('postgres').describe('Any number of processes.'),
    config: z
      .strictObject({
        host: checkedText('Host name, address, `host:port`, or the folder of a Unix socket.', (value) =>
          value.startsWith('/') || (value !== '' && splitHostPort(value)?.host)
            ? undefined
            : 'must be a host name, host:port or the folder of a Unix socket',
        ),
        port: wholeNumber('TCP port; 5432 when neither this nor `host` says one.', 1, 65535).exactOptional(),
        database: requiredText('Name of the database.'),
        user: requiredText('Role to connect as.'),
        password: text('Password of the role.').default(''),
        passwordFile: optionalText('File that holds the password; instead of `password`.'),
        connectionTimeout: wholeNumber('Seconds to wait for a connection.', 0, 3600).default(5),
        maxOpenConns: wholeNumber('Most connections of one process; 0 is the default as well.', 0, 1000).default(10),
        maxIdleConns: ignored('Most idle connections.', 'idle connections are closed after a while by themselves'),
        connMaxLifetime: ignored(
          'Longest life of a connection in seconds.',
          'broken connections are replaced by themselves',
        ),
        ssl: z
          .strictObject({
            mode: z
              .enum(['disable', 'require', 'verify-ca', 'verify-full'])
              .default('verify-full')
              .describe('How far TLS is demanded and the server verified.'),
            caFile: optionalText(
              'PEM file of the authorities that may sign the server certificate; the system store without it.',
            ),
            keyFile: optionalText('PEM file of the client key; together with `certFile`.'),
            certFile: optionalText('PEM file of the client certificate; together with `keyFile`.'),
          })
          .prefault({})
          .describe('TLS towards the database.'),
      })
      .describe('The PostgreSQL connection.'),
  })
  .describe('Durable state in PostgreSQL.');

/** `storage`: where durable state lives. */
export const storageSchema = z.discriminatedUnion('type', [memory, sqlite3, postgres]).meta({
  description: 'Where durable state lives: grants, people of the password database, signing keys.',
  otherTypes: { noun: 'storage', knownFromDex: ['mysql', 'etcd', 'kubernetes'] },
});

/** Rules between the keys of `storage`. */
export function checkStorage(storage: Partially<z.input<typeof storageSchema>> | undefined, report: Report): void {
  if (storage?.type !== 'postgres') return;
  const { host, port, ssl } = storage.config ?? {};
  const hostPort = host === undefined || host.startsWith('/') ? undefined : splitHostPort(host)?.port;
  if (hostPort !== undefined && port !== undefined && hostPort !== port) {
    report.derived(['storage', 'config', 'port'], `differs from the port in host (${hostPort}); keep one of them`);
  }
  if ((ssl?.keyFile === undefined) !== (ssl?.certFile === undefined)) {
    report.derived(['storage', 'config', 'ssl'], 'needs keyFile and certFile together, or neither');
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
  }
}

function toPostgres(config: (z.output<typeof storageSchema> & { type: 'postgres' })['config']): StorageConfig {
  const parts = config.host.startsWith('/') ? undefined : splitHostPort(config.host);
  return {
    type: 'postgres',
    host: parts?.host ?? config.host,
    port: parts?.port ?? config.port ?? 5432,
    database: config.database,
    user: config.user,
    password: config.password,
    connectionTimeoutSeconds: config.connectionTimeout,
    maxOpenConns: config.maxOpenConns === 0 ? 10 : config.maxOpenConns,
    ssl: config.ssl,
  };
}
