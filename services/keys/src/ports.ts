import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { KeysApi, Service, StorageKeySetsApi } from '@tessera/contracts';
import type { Logger, Metrics } from '@tessera/telemetry';
import type { OpenTransit } from './vault/open-transit.ts';

/** What the keys service needs from others: a place for documents that it alone can read. */
export type KeySetStorage = StorageKeySetsApi;

/** What the keys service is made of. */
export interface KeysServiceOptions {
  readonly config: TesseraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly storage: KeySetStorage;
  /** Opens a Transit engine. Default: our own client of Vault. */
  readonly openTransit?: OpenTransit;
}

/** The running keys service. */
export interface KeysService extends Service {
  /** For callers in the same process. */
  readonly api: KeysApi;
}
