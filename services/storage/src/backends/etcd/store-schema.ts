import type { StoreSchema } from '../../migrations/schema-state.ts';
import { connectEtcd } from './connection.ts';
import type { EtcdOptions } from './durable.ts';
import { createKeyspace } from './keyspace.ts';
import { checkLayout, prepareLayout } from './schema.ts';

/**
 * The layout of the keys in etcd, which is its schema.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read.
 */
export function openEtcdSchema({
  config,
  clock,
  logger,
}: Pick<EtcdOptions, 'config' | 'clock' | 'logger'>): StoreSchema {
  const connection = connectEtcd(config, clock, logger);
  const keys = createKeyspace(config);
  return {
    check: () => checkLayout(connection, keys),
    migrate: () => prepareLayout(connection, keys),
    close: async () => connection.close(),
  };
}
