import { createHash } from 'node:crypto';
import type { StaticClientConfig } from '@tessera/config';
import type { ClientList, StorageReadApi } from '@tessera/contracts';
import { hashClientSecret } from '@tessera/credentials';
import type { Client, ClientId } from '@tessera/oauth';
import type { ClientStore } from '../ports.ts';
import type { RevisionWatch } from './revision-watch.ts';

/** The clients of the configuration file, and a word that changes whenever they do; replicas with one file agree on it. */
export interface StaticClients {
  readonly clients: ReadonlyMap<string, Client>;
  readonly version: string;
}

/** The clients of the configuration file, their secrets hashed. */
export function staticClientsOf(configured: readonly StaticClientConfig[]): StaticClients {
  const version = createHash('sha256').update(JSON.stringify(configured)).digest('base64url').slice(0, 16);
  return { version, clients: new Map(configured.map((client) => [client.id, staticClient(client)])) };
}

function staticClient({ secret, id, ...rest }: StaticClientConfig): Client {
  return {
    ...rest,
    id: id as ClientId,
    secrets: secret === undefined ? [] : [hashClientSecret(secret)],
    isEnabled: true,
  };
}

/** What listing clients needs. */
export interface ListClientsOptions {
  readonly staticClients: StaticClients;
  readonly store: ClientStore;
  readonly watch: RevisionWatch;
}

/**
 * Lists the configuration's clients and the stored ones they do not shadow. With the present version known, waits for a
 * change until the caller's deadline is near, 20 s at most.
 */
export function createListClients(options: ListClientsOptions): StorageReadApi['listClients'] {
  const { staticClients, store, watch } = options;
  const versionOf = (revision: number): string => `${staticClients.version}.${revision}`;
  const listAll = async (): Promise<ClientList> => {
    const { revision, clients } = await store.listClients();
    const stored = clients.filter(({ id }) => !staticClients.clients.has(id));
    return { version: versionOf(revision), clients: [...staticClients.clients.values(), ...stored] };
  };
  return async (knownVersion) => {
    if (knownVersion === undefined) return listAll();
    const knownRevision = Number(knownVersion.slice(staticClients.version.length + 1));
    if (knownVersion !== versionOf(knownRevision)) return listAll();
    const hasChanged = await watch.waitForOther(knownRevision);
    return hasChanged ? listAll() : { version: knownVersion };
  };
}
