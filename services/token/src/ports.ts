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
  VerificationKeys,
} from '@tessera/contracts';
import type { EventLog } from '@tessera/events';
import type { ResourceModel } from '@tessera/oauth';
import type { Logger, Metrics } from '@tessera/telemetry';
import type { ExtensionGrant } from './grants/extension/extension-grant.ts';

/** What the token service is made of. Directories are shared and stay their owner's to close. */
export interface TokenServiceOptions {
  readonly config: Pick<TesseraConfig, 'issuer' | 'expiry' | 'oauth2' | 'claims' | 'resources' | 'sessions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: Pick<EventLog, 'record'>;
  readonly storage: Pick<
    Storage,
    | 'findGrant'
    | 'redeemCode'
    | 'createGrant'
    | 'rotateRefreshToken'
    | 'reopenRotation'
    | 'revokeGrant'
    | 'findSession'
    | 'putDeviceRequest'
    | 'pollDeviceRequest'
    | 'consumeOnce'
    | 'countAttempt'
    | 'forgetAttempts'
  >;
  readonly keys: Pick<Keys, 'sign'>;
  readonly federation: Pick<Federation, 'refresh' | 'login' | 'exchangeToken'>;
  readonly clients: ClientDirectory;
  readonly connectors: ConnectorDirectory;
  readonly resourceModel: ResourceModel;
  /** Public keys of clients and of trusted issuers. */
  readonly clientKeys: ClientKeys;
  readonly verificationKeys: VerificationKeys;
  /** Purpose `refresh_token`. */
  readonly refreshTokenSecrets: SecretKeeper;
  /** Purpose `access_token`: reference tokens. */
  readonly accessTokenSecrets: SecretKeeper;
  /** Purpose `authorization_code`: codes, and the codes of devices. */
  readonly codeSecrets: SecretKeeper;
  /**
   * Further grants by their `grant_type`, an absolute URI (RFC 6749 §4.5). A client may use one only if it names it in
   * `settings.grantTypes`. Default none.
   */
  readonly extensionGrants?: ReadonlyMap<string, ExtensionGrant>;
}
