import type { TesseraConfig } from '@tessera/config';
import { type Service, type StorageApi, storageBindings } from '@tessera/contracts';
import { noMetrics } from '@tessera/telemetry';
import { type OpenOptions, openDurableStore, openEphemeralStore } from './open-stores.ts';
import { createStorageApi } from './storage-api.ts';
import { createStoreMetrics } from './store-metrics.ts';
import { startSweep } from './sweep.ts';

/** What the service is made of. */
export interface StorageServiceOptions extends OpenOptions {
  readonly config: TesseraConfig;
}

/** The storage service: what every service is, and its own operations for callers in the same process. */
export interface StorageService extends Service {
  readonly api: StorageApi;
}

/**
 * Opens the configured stores and offers their operations. Events are kept when the configuration says where they go.
 *
 * A store that cannot be opened as configured throws `invalid_argument` (`storage.cannot_open`) with the file or path and
 * the reason. One that merely does not answer throws nothing: `ready()` waits for it, and calls fail at once with
 * `unavailable` (`storage.unavailable`) until then.
 */
export async function createStorageService(options: StorageServiceOptions): Promise<StorageService> {
  const { config, clock, logger } = options;
  const hasOutbox = config.events !== undefined;
  const durable = await openDurableStore(config.storage, { ...options, hasOutbox });
  const ephemeral = await openEphemeralStore(config.ephemeral, options).catch(async (thrown: unknown) => {
    await durable.close();
    throw thrown;
  });
  const measured = createStoreMetrics(options.metrics ?? noMetrics);
  const operations = createStorageApi({
    ephemeral: measured(ephemeral, 'ephemeral'),
    durable: measured(durable, 'durable'),
    clock,
    logger,
    config,
    hasOutbox,
  });
  const sweep = startSweep({ ephemeral, durable, clock, logger });
  return {
    name: 'storage',
    handlers: {},
    bindings: storageBindings(operations.api),
    api: operations.api,
    async ready() {
      await Promise.all([durable.ready(), ephemeral.ready()]);
    },
    async close() {
      operations.close();
      await sweep.stop();
      await Promise.all([durable.close(), ephemeral.close()]);
    },
  };
}
