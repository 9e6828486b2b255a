import type { Clock } from '@tessera/clock';
import type { Client } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { Storage } from '../storage/storage.ts';
import { createWatch } from './watch.ts';
import { loadWatchedList, type WatchedListOptions } from './watched-list.ts';

/** All clients, in process. A change in storage is here within about a second. */
export interface ClientDirectory {
  /** The client of an id, also a disabled one; undefined when there is none. */
  find(id: string): Client | undefined;
  /** The origins from which scripts of enabled clients call. */
  corsOrigins(): ReadonlySet<string>;
  ready(): Promise<void>;
  close(): void;
}

interface KnownClients {
  readonly version: string;
  readonly clients: ReadonlyMap<string, Client>;
  readonly corsOrigins: ReadonlySet<string>;
}

const NO_ORIGINS: ReadonlySet<string> = new Set();

/**
 * Follows the list of clients by a call that storage answers when something changed. Only whole lists are taken: one that
 * changes faster than it can be read leaves the last one standing.
 */
export function createClientDirectory(options: {
  readonly storage: Pick<Storage, 'listClients'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): ClientDirectory {
  const reading: WatchedListOptions<Client, KnownClients> = {
    async loadPage(request) {
      const { version, clients, nextCursor } = await options.storage.listClients(request);
      return { version, items: clients, nextCursor };
    },
    collect: (items, version) => ({
      version,
      clients: new Map(items.map((client) => [client.id, client])),
      corsOrigins: new Set(items.flatMap(({ isEnabled, settings }) => (isEnabled ? (settings.corsOrigins ?? []) : []))),
    }),
  };
  const watch = createWatch<KnownClients>({
    what: 'clients',
    clock: options.clock,
    logger: options.logger,
    pauseMs: () => 0,
    load: (known) => loadWatchedList(reading, known),
  });
  return {
    find: (id) => watch.current()?.clients.get(id),
    corsOrigins: () => watch.current()?.corsOrigins ?? NO_ORIGINS,
    ready: () => watch.ready(),
    close: () => watch.close(),
  };
}
