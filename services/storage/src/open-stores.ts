import type { Clock } from '@tessera/clock';
import type { EphemeralConfig, StorageConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import { createMemoryDurableStore } from './backends/memory/durable.ts';
import { createMemoryEphemeralStore } from './backends/memory/ephemeral.ts';
import type { DurableStore, EphemeralStore, StoreObserver } from './ports.ts';

/** What every backend may need. */
export interface OpenOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of every SQL statement. */
  readonly onStatement?: StoreObserver | undefined;
  /** Told of every Redis command. */
  readonly onCommand?: StoreObserver | undefined;
}

/** Opens the configured durable store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openDurableStore(
  config: StorageConfig,
  { clock, logger, onStatement }: OpenOptions,
): Promise<DurableStore> {
  switch (config.type) {
    case 'memory':
      return createMemoryDurableStore({ clock });
    case 'sqlite3': {
      const { openSqliteStore } = await import('./backends/sqlite/durable.ts');
      return openSqliteStore({ file: config.file, clock, ...(onStatement === undefined ? {} : { onStatement }) });
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./backends/postgres/durable.ts');
      return openPostgresStore({ config, logger, ...(onStatement === undefined ? {} : { onStatement }) });
    }
  }
}

/** Opens the configured ephemeral store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openEphemeralStore(
  config: EphemeralConfig,
  { clock, logger, onCommand }: OpenOptions,
): Promise<EphemeralStore> {
  switch (config.type) {
    case 'memory':
      return createMemoryEphemeralStore({ clock });
    case 'redis': {
      const { openRedisStore } = await import('./backends/redis/ephemeral.ts');
      return openRedisStore({ config, logger, ...(onCommand === undefined ? {} : { onCommand }) });
    }
  }
}
