import type { Clock } from '@tessera/clock';
import type { Connector, StorageReadApi } from '@tessera/contracts';
import { connectorFromJson } from '../codec/connector-json.ts';
import type { RecordStore } from '../ports.ts';
import type { RevisionWatch } from './revision-watch.ts';
import { createWatchedList } from './watched-list.ts';

/** What listing connectors needs. */
export interface ListConnectorsOptions {
  readonly clock: Clock;
  readonly store: RecordStore;
  readonly watch: RevisionWatch;
}

const CONNECTORS_ON_PAGE = 100;

/** Lists the stored connectors. */
export function createListConnectors({ clock, store, watch }: ListConnectorsOptions): StorageReadApi['listConnectors'] {
  const list = createWatchedList<Connector>({
    kind: 'connector',
    clock,
    store,
    watch,
    prefixVersion: () => 'connectors',
    prefix: () => [],
    recordsOnPage: CONNECTORS_ON_PAGE,
    read: ({ body }) => connectorFromJson(body),
  });
  return async (request) => {
    const { items, ...page } = await list(request);
    return items === undefined ? page : { ...page, connectors: items };
  };
}
