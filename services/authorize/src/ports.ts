import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { ClientDirectory, ConnectorDirectory, Federation, SecretKeeper, Storage } from '@tessera/contracts';
import type { EventLog } from '@tessera/events';
import type { Logger } from '@tessera/telemetry';

/** What the authorize service needs of the others. */
export interface AuthorizePorts {
  readonly config: Pick<TesseraConfig, 'issuer' | 'frontend' | 'oauth2' | 'expiry'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record' | 'recordDurably'>;
  readonly storage: Pick<
    Storage,
    | 'putAuthorizationRequest'
    | 'getAuthorizationRequest'
    | 'updateAuthorizationRequest'
    | 'completeAuthorizationRequest'
  >;
  readonly federation: Pick<Federation, 'login' | 'beginCallback' | 'completeCallback'>;
  readonly clients: ClientDirectory;
  readonly connectors: ConnectorDirectory;
  /** Makes codes prove themselves. */
  readonly codeSecrets: SecretKeeper;
  /** Ties the steps of a sign-in to one another. */
  readonly browserSecrets: SecretKeeper;
}
