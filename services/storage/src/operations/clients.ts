import { createHash } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { StaticClientConfig } from '@tessera/config';
import type { StorageReadApi } from '@tessera/contracts';
import { hashClientSecret } from '@tessera/credentials';
import type { Client, ClientId } from '@tessera/oauth';
import { clientFromJson, clientToJson } from '../codec/client-json.ts';
import type { RecordStore } from '../ports.ts';
import type { RevisionWatch } from './revision-watch.ts';
import { createWatchedList } from './watched-list.ts';

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
  readonly clock: Clock;
  readonly staticClients: StaticClients;
  readonly store: RecordStore;
  readonly watch: RevisionWatch;
}

const CLIENTS_ON_PAGE = 500;

/** Lists the configuration's clients, then the stored ones they do not shadow. */
export function createListClients(options: ListClientsOptions): StorageReadApi['listClients'] {
  const { clock, staticClients, store, watch } = options;
  const list = createWatchedList<Client>({
    kind: 'client',
    clock,
    store,
    watch,
    prefixVersion: staticClients.version,
    prefix: [...staticClients.clients.values()].map((value) => ({
      value,
      bytes: Buffer.byteLength(clientToJson(value)),
    })),
    recordsOnPage: CLIENTS_ON_PAGE,
    read: ({ id, body }) => (staticClients.clients.has(id) ? undefined : clientFromJson(body)),
  });
  return async (request) => {
    const { items, ...page } = await list(request);
    return items === undefined ? page : { ...page, clients: items };
  };
}
