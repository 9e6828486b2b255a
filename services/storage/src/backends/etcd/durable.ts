import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@tessera/clock';
import type { EtcdStorageConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { DurableStore, StoreObserver } from '../../ports.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { createCompareAndSet } from './compare-and-set.ts';
import { connectEtcd } from './connection.ts';
import { createEventSteps } from './event-steps.ts';
import { createEtcdGrants } from './grants.ts';
import { createKeyspace } from './keyspace.ts';
import { createEtcdOutbox } from './outbox.ts';
import { createEtcdPortable } from './portable.ts';
import { createEtcdRecords } from './records.ts';
import { prepareLayout } from './schema.ts';
import type { StoreParts } from './store-parts.ts';

/** How the store is opened. */
export interface EtcdOptions {
  readonly config: EtcdStorageConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether events are kept for the events service. */
  readonly hasOutbox: boolean;
  readonly onStatement?: StoreObserver;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;

/**
 * Durable state in etcd 3.4 or later, shared by any number of processes. Every change is one transaction that compares what
 * it was judged on; reads are linearizable. What it answered is on the disks of most members.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read. A cluster that does not answer throws nothing.
 */
export function openEtcdStore({ config, clock, logger, hasOutbox, onStatement }: EtcdOptions): DurableStore {
  const connection = connectEtcd(config, clock, logger);
  const keys = createKeyspace(config);
  const layout = awaitLayout(() => prepareLayout(connection, keys), { config, logger });
  const parts: StoreParts = {
    connection,
    keys,
    clock,
    changes: createCompareAndSet({ connection, keys }),
    eventSteps: createEventSteps(keys, hasOutbox),
    begin(name) {
      if (!layout.isReady()) throw storeUnavailable('etcd');
      onStatement?.(name);
    },
  };
  const { close: closeGrants, ...grants } = createEtcdGrants(parts);
  return {
    ready: () => layout.ready,
    async close() {
      closeGrants();
      layout.close();
      connection.close();
      await layout.ready;
    },
    ...grants,
    ...createEtcdRecords(parts),
    ...createEtcdOutbox(parts),
    ...createEtcdPortable(parts),
  };
}

interface AwaitedLayout {
  /** Settles when the layout is there, or when it is not waited for any more. */
  readonly ready: Promise<void>;
  isReady(): boolean;
  close(): void;
}

/** Prepares the layout, trying again for as long as it takes. */
function awaitLayout(
  prepare: () => Promise<unknown>,
  { config, logger }: Pick<EtcdOptions, 'config' | 'logger'>,
): AwaitedLayout {
  const closing = new AbortController();
  let isPrepared = false;
  const run = async (): Promise<void> => {
    for (let delayMs = FIRST_RETRY_MS; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        await prepare();
        isPrepared = true;
        return;
      } catch (thrown) {
        if (closing.signal.aborted) return;
        logger.warn({ err: thrown, endpoints: config.endpoints }, 'etcd is not ready');
        await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  return { ready: run(), isReady: () => isPrepared && !closing.signal.aborted, close: () => closing.abort() };
}
