import type { Clock } from '@tessera/clock';
import type { EphemeralConfig, StorageConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import { createMemoryDurableStore } from './backends/memory/durable.ts';
import { createMemoryEphemeralStore } from './backends/memory/ephemeral.ts';
import type { DurableStore, EphemeralStore } from './ports.ts';

/** What every backend may need. */
export interface OpenOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the configured durable store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openDurableStore(config: StorageConfig, { clock, logger }: OpenOptions): Promise<DurableStore> {
  switch (config.type) {
    case 'memory':
      return createMemoryDurableStore({ clock });
    case 'sqlite3': {
      const { openSqliteStore } = await import('./backends/sqlite/durable.ts');
      return openSqliteStore({ file: config.file, clock });
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./backends/postgres/durable.ts');
      return openPostgresStore({ config, logger });
    }
  }
}

/** Opens the configured ephemeral store; only its database client is loaded. Throws `storage.cannot_open`. */
export async function openEphemeralStore(
  config: EphemeralConfig,
  { clock, logger }: OpenOptions,
): Promise<EphemeralStore> {
  switch (config.type) {
    case 'memory':
      return createMemoryEphemeralStore({ clock });
    case 'redis': {
      const { openRedisStore } = await import('./backends/redis/ephemeral.ts');
      return openRedisStore({ config, logger });
    }
  }
}
