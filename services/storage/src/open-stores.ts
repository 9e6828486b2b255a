import type { Clock } from '@tessera/clock';
import type { EphemeralConfig, StorageConfig } from '@tessera/config';
import type { Logger, Metrics } from '@tessera/telemetry';
import { createMemoryDurableStore } from './backends/memory/durable.ts';
import { createMemoryEphemeralStore } from './backends/memory/ephemeral.ts';
import { createPoolMetrics } from './pool-metrics.ts';
import type { DurableStore, EphemeralStore, StoreObserver } from './ports.ts';

/** What every backend may need. */
export interface OpenOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  /** Told of every statement of the durable store. */
  readonly onStatement?: StoreObserver | undefined;
  /** Told of every command of the ephemeral store. */
  readonly onCommand?: StoreObserver | undefined;
}

/** What a durable store needs beyond that. */
export interface OpenDurableOptions extends OpenOptions {
  /** Whether events are kept for the events service; otherwise no event is written. */
  readonly hasOutbox: boolean;
}

/** Opens the configured durable store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openDurableStore(config: StorageConfig, options: OpenDurableOptions): Promise<DurableStore> {
  const { clock, logger, metrics, hasOutbox } = options;
  const observer = options.onStatement === undefined ? {} : { onStatement: options.onStatement };
  switch (config.type) {
    case 'memory':
      return createMemoryDurableStore({ clock, hasOutbox, ...observer });
    case 'sqlite3': {
      const { openSqliteStore } = await import('./backends/sqlite/durable.ts');
      return openSqliteStore({ file: config.file, clock, hasOutbox, ...observer });
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./backends/postgres/durable.ts');
      const measured = metrics === undefined ? {} : { metrics: createPoolMetrics(metrics) };
      return openPostgresStore({ config, logger, hasOutbox, ...measured, ...observer });
    }
    case 'mysql': {
      const { openMysqlStore } = await import('./backends/mysql/durable.ts');
      return openMysqlStore({ config, clock, logger, hasOutbox, ...observer });
    }
    case 'etcd': {
      const { openEtcdStore } = await import('./backends/etcd/durable.ts');
      return openEtcdStore({ config, clock, logger, hasOutbox, ...observer });
    }
  }
}

/** Opens the configured ephemeral store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openEphemeralStore(
  config: EphemeralConfig,
  { clock, logger, onCommand }: OpenOptions,
): Promise<EphemeralStore> {
  const observer = onCommand === undefined ? {} : { onCommand };
  switch (config.type) {
    case 'memory':
      return createMemoryEphemeralStore({ clock, ...observer });
    case 'redis': {
      const { openRedisStore } = await import('./backends/redis/ephemeral.ts');
      return openRedisStore({ config, logger, ...observer });
    }
  }
}
