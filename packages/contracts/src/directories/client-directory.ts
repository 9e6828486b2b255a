import type { Clock } from '@tessera/clock';
import type { Client } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { Storage } from '../storage/storage.ts';
import { createWatch } from './watch.ts';

/** All clients, in process. A change in storage is here within about a second. */
export interface ClientDirectory {
  /** The client of an id, also a disabled one; undefined when there is none. */
  find(id: string): Client | undefined;
  ready(): Promise<void>;
  close(): void;
}

/** Follows the list of clients by a call that storage answers when something changed. */
export function createClientDirectory(options: {
  readonly storage: Pick<Storage, 'listClients'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): ClientDirectory {
  const watch = createWatch<{ version: string; clients: ReadonlyMap<string, Client> }>({
    what: 'clients',
    clock: options.clock,
    logger: options.logger,
    pauseMs: () => 0,
    async load(known) {
      const list = await options.storage.listClients(known?.version);
      if (list.clients === undefined && known !== undefined) return known;
      return { version: list.version, clients: new Map((list.clients ?? []).map((client) => [client.id, client])) };
    },
  });
  return { find: (id) => watch.current()?.clients.get(id), ready: () => watch.ready(), close: () => watch.close() };
}
