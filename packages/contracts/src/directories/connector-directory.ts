import type { Clock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import type { ConnectorDescription, Federation } from '../federation/federation.ts';
import { createWatch } from './watch.ts';

/** The connectors, in process. */
export interface ConnectorDirectory {
  find(id: string): ConnectorDescription | undefined;
  list(): readonly ConnectorDescription[];
  ready(): Promise<void>;
  close(): void;
}

const REFRESH_MS = 30_000;

/** Follows the list of connectors, asked for every 30 s. */
export function createConnectorDirectory(options: {
  readonly federation: Pick<Federation, 'listConnectors'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): ConnectorDirectory {
  const watch = createWatch({
    what: 'connectors',
    clock: options.clock,
    logger: options.logger,
    pauseMs: () => REFRESH_MS,
    load: () => options.federation.listConnectors(),
  });
  const list = (): readonly ConnectorDescription[] => watch.current() ?? [];
  return {
    list,
    find: (id) => list().find((connector) => connector.id === id),
    ready: () => watch.ready(),
    close: () => watch.close(),
  };
}
