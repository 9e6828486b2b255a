import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { KeysApi, Service, StorageKeySetsApi } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';

/** What the keys service needs from others: a place for documents that it alone can read. */
export type KeySetStorage = StorageKeySetsApi;

/** What the keys service is made of. */
export interface KeysServiceOptions {
  readonly config: TesseraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly storage: KeySetStorage;
}

/** The running keys service. */
export interface KeysService extends Service {
  /** For callers in the same process. */
  readonly api: KeysApi;
}
