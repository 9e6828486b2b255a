import type { TesseraConfig } from '@tessera/config';
import type { Federation, KeysApi, StorageApi, TokenApi } from '@tessera/contracts';
import { federationClient, keysClient, type ServiceName, storageClient, tokenClient } from '@tessera/contracts';
import { createChannel, type RpcChannel, type RpcSecurity } from '@tessera/rpc';
import { CommandFailure } from '../command-line/failure.ts';

/** The services of other processes, as one service of this process sees them. */
export interface Neighbours {
  storage(caller: ServiceName): StorageApi;
  keys(caller: ServiceName): KeysApi;
  federation(caller: ServiceName): Federation;
  token(caller: ServiceName): TokenApi;
  /** Closes all connections. */
  close(): void;
}

/** Upstreams may be slow; a sign-in waits as long as the request behind it may take. */
const FEDERATION_DEADLINE_MS = 15_000;

/**
 * Clients of the services that run elsewhere. Each caller has connections of its own, since its certificate says who it
 * is. Connections are made when first used. Throws CommandFailure when an address is not configured or cannot be used.
 */
export function createNeighbours(config: TesseraConfig, security: RpcSecurity): Neighbours {
  const channels = new Map<string, RpcChannel>();
  const deadlineMs = config.rpc.deadlineSeconds * 1000;
  const channel = (caller: ServiceName, target: ServiceName): RpcChannel => {
    const name = `${caller} ${target}`;
    const open = channels.get(name) ?? dial(config, security, caller, target);
    channels.set(name, open);
    return open;
  };
  return {
    storage: (caller) => storageClient(channel(caller, 'storage'), deadlineMs),
    keys: (caller) => keysClient(channel(caller, 'keys'), deadlineMs),
    federation: (caller) => federationClient(channel(caller, 'federation'), FEDERATION_DEADLINE_MS),
    token: (caller) => tokenClient(channel(caller, 'token'), deadlineMs),
    close() {
      for (const open of channels.values()) open.close();
    },
  };
}

function dial(config: TesseraConfig, security: RpcSecurity, caller: ServiceName, target: ServiceName): RpcChannel {
  const { addresses } = config.services[target];
  const key = `services.${target}.addresses`;
  if (addresses.length === 0) throw new CommandFailure(`${key} is empty: ${caller} has to know where ${target} is.`);
  try {
    return createChannel({ caller, target, addresses, security });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CommandFailure(`${key}: ${error.message}.`, { cause: error });
  }
}

/** The services that each service calls. */
export const dependencies: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  storage: [],
  events: ['storage'],
  keys: ['storage'],
  federation: ['storage', 'keys'],
  token: ['storage', 'keys', 'federation'],
  authorize: ['storage', 'keys', 'federation', 'token'],
};
