import type { Clock } from '@tessera/clock';
import {
  type ClientDirectory,
  type ConnectorDirectory,
  createClientDirectory,
  createConnectorDirectory,
  createSecretKeeper,
  createVerificationKeys,
  type Federation,
  type Keys,
  type SecretKeeper,
  type SecretPurpose,
  type Storage,
  type VerificationKeys,
} from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';

/** What the services of a process keep in memory of others, each kept once however many services look at it. */
export interface Directories {
  clients(storage: Pick<Storage, 'listClients'>): ClientDirectory;
  connectors(federation: Pick<Federation, 'listConnectors'>): ConnectorDirectory;
  verificationKeys(keys: Pick<Keys, 'getPublicKeys'>): VerificationKeys;
  secrets(purpose: SecretPurpose, keys: Pick<Keys, 'getSecrets'>): SecretKeeper;
  /** Origins from which scripts of clients call; none while no service follows the clients. */
  corsOrigins(): ReadonlySet<string>;
  /** Stops following. */
  close(): void;
}

/** Directories that are made when first asked for; the first one to ask decides by whose connection they are filled. */
export function createDirectories(around: { readonly clock: Clock; readonly logger: Logger }): Directories {
  const open = new Map<string, { close(): void }>();
  let clients: ClientDirectory | undefined;
  const once = <T extends { close(): void }>(name: string, create: () => T): T => {
    const known = open.get(name) as T | undefined;
    if (known !== undefined) return known;
    const created = create();
    open.set(name, created);
    return created;
  };
  return {
    clients(storage) {
      clients = once('clients', () => createClientDirectory({ storage, ...around }));
      return clients;
    },
    corsOrigins: () => clients?.corsOrigins() ?? new Set(),
    connectors: (federation) => once('connectors', () => createConnectorDirectory({ federation, ...around })),
    verificationKeys: (keys) => once('verification keys', () => createVerificationKeys({ keys, ...around })),
    secrets: (purpose, keys) => once(`secrets ${purpose}`, () => createSecretKeeper({ keys, purpose, ...around })),
    close() {
      for (const directory of open.values()) directory.close();
    },
  };
}
