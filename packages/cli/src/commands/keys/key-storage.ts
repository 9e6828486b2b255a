import type { TesseraConfig } from '@tessera/config';
import type { StorageKeySetsApi } from '@tessera/contracts';
import { CommandFailure } from '../../command-line/failure.ts';
import { createNeighbours } from '../../compose/neighbours.ts';
import { resolveRpcSecurity } from '../../compose/rpc-security.ts';
import { withKeySets } from '../../portable/key-sets.ts';
import { withPresentStore } from '../../portable/open-durable.ts';

/**
 * Runs `work` on the key sets of the configured storage: where storage is a process of its own
 * (`services.storage.addresses`), over a connection as the keys service with its certificate; else in the durable store
 * itself, beside a process that may be using it. Nothing is migrated.
 *
 * Throws CommandFailure when nobody else can see what is stored, when the store does not answer or is not there, and when the
 * certificate cannot be read.
 */
export async function withKeyStorage<T>(
  config: TesseraConfig,
  work: (storage: StorageKeySetsApi) => Promise<T>,
): Promise<T> {
  if (config.keyEncryption.type === 'ephemeral') throw unreachable(config);
  return config.services.storage.addresses.length > 0 ? withNeighbour(config, work) : withStore(config, work);
}

function unreachable({ storage }: TesseraConfig): CommandFailure {
  const where = storage.type === 'memory' ? 'storage.type is memory' : 'The key-encryption key lives in one process';
  return new CommandFailure(
    `${where}: keys end with the process that made them, and no other can see them. Restart it for new ones.`,
  );
}

async function withNeighbour<T>(config: TesseraConfig, work: (storage: StorageKeySetsApi) => Promise<T>): Promise<T> {
  const neighbours = createNeighbours(config, resolveRpcSecurity(config, ['keys'], config.services.storage.addresses));
  try {
    return await work(neighbours.storage('keys'));
  } finally {
    neighbours.close();
  }
}

async function withStore<T>(config: TesseraConfig, work: (storage: StorageKeySetsApi) => Promise<T>): Promise<T> {
  if (config.storage.type === 'memory') throw unreachable(config);
  return withPresentStore(config, 'keys', (durable) => withKeySets(durable, config, work));
}
