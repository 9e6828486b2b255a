import type { Clock } from '@tessera/clock';
import type { StorageReadApi } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import { clientFromJson, clientToJson } from '../codec/client-json.ts';
import type { RecordStore } from '../ports.ts';
import type { RevisionWatch } from './revision-watch.ts';
import type { StaticClients } from './static-clients.ts';
import { createWatchedList } from './watched-list.ts';

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
    prefixVersion: () => staticClients.version,
    prefix: () =>
      [...staticClients.clients.values()].map((value) => ({ value, bytes: Buffer.byteLength(clientToJson(value)) })),
    onPrefixChange: (listener) => staticClients.onChange(listener),
    recordsOnPage: CLIENTS_ON_PAGE,
    read: ({ id, body }) => (staticClients.clients.has(id) ? undefined : clientFromJson(body)),
  });
  return async (request) => {
    const { items, ...page } = await list(request);
    return items === undefined ? page : { ...page, clients: items };
  };
}
