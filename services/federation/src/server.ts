import { availableParallelism } from 'node:os';
import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { createSecretKeeper, type Federation, federationBinding, type Service } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';
import { createConnectorDataSealer } from './connector-data.ts';
import { createFederation } from './federation.ts';
import { createHashPool } from './password-hashing/hash-pool.ts';
import { createPasswordChecker } from './password-hashing/password-checker.ts';
import type { SecretSource, Users } from './ports.ts';
import { createConnector } from './registry.ts';

/** What the service is made of. */
export interface FederationServiceOptions {
  readonly config: TesseraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly users: Users;
  readonly keys: SecretSource;
}

/** Password checks that may wait for a free core. */
const MAX_QUEUED_CHECKS = 64;

/**
 * Makes the federation service. No upstream is asked before somebody signs in, so one that is down keeps nobody else
 * waiting. Rejects when a connector names a file that cannot be read.
 */
export async function createFederationService(
  options: FederationServiceOptions,
): Promise<Service & { readonly api: Federation }> {
  const { config, clock, logger, users, keys } = options;
  const pool = createHashPool({ concurrency: availableParallelism(), maxQueued: MAX_QUEUED_CHECKS });
  const passwords = createPasswordChecker(pool, {
    configuredHashes: config.staticPasswords.map(({ hash }) => hash),
    canBeStored: config.storage.type !== 'memory',
  });
  const surroundings = { issuer: config.issuer, clock, logger, users, passwords };
  const connectors = await Promise.all(
    config.connectors.map(async (entry) => ({ config: entry, connector: await createConnector(entry, surroundings) })),
  );
  const secrets = createSecretKeeper({ keys, purpose: 'connector_data', clock, logger });
  const sealer = createConnectorDataSealer(() => secrets.ring());
  const api = createFederation({ connectors, sealer, logger });
  return {
    name: 'federation',
    handlers: {},
    bindings: [federationBinding(api)],
    api,
    ready: () => secrets.ready(),
    async close() {
      secrets.close();
      await Promise.all(connectors.map(({ connector }) => connector.close()));
    },
  };
}
