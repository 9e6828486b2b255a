import type { ClientKeys } from '@tessera/client-keys';
import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type {
  ClientDirectory,
  ConnectorDirectory,
  Federation,
  Keys,
  SecretKeeper,
  Storage,
  TokenIssuer,
  VerificationKeys,
} from '@tessera/contracts';
import type { EgressClient } from '@tessera/egress';
import type { EventLog } from '@tessera/events';
import type { ResourceModel } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';

/** What the authorize service needs of the others. */
export interface AuthorizePorts {
  readonly config: Pick<TesseraConfig, 'issuer' | 'frontend' | 'oauth2' | 'expiry' | 'sessions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record' | 'recordDurably'>;
  readonly storage: Pick<
    Storage,
    | 'putAuthorizationRequest'
    | 'getAuthorizationRequest'
    | 'updateAuthorizationRequest'
    | 'completeAuthorizationRequest'
    | 'createSession'
    | 'findSession'
    | 'updateSession'
    | 'endSession'
    | 'findConsent'
    | 'putConsent'
    | 'putLogoutDeliveries'
    | 'takeLogoutDeliveries'
    | 'settleLogoutDeliveries'
    | 'findDeviceRequest'
    | 'decideDeviceRequest'
    | 'countAttempt'
    | 'forgetAttempts'
    | 'putUpstreamState'
    | 'consumeUpstreamState'
  >;
  readonly federation: Pick<Federation, 'login' | 'beginCallback' | 'completeCallback' | 'refresh' | 'beginLogout'>;
  /** Tokens of the front channel. */
  readonly tokens: TokenIssuer;
  /** Logout tokens. */
  readonly keys: Pick<Keys, 'sign'>;
  /** For calls to clients: logout tokens, request objects. */
  readonly egress: EgressClient;
  readonly resourceModel: ResourceModel;
  readonly clientKeys: ClientKeys;
  readonly verificationKeys: VerificationKeys;
  readonly clients: ClientDirectory;
  readonly connectors: ConnectorDirectory;
  /** Makes codes prove themselves. */
  readonly codeSecrets: SecretKeeper;
  /** Ties the steps of a sign-in to one another. */
  readonly browserSecrets: SecretKeeper;
}
