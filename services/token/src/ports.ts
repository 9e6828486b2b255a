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
import type { Logger } from '@tessera/telemetry';

/** What the token service is made of. Directories are shared and stay their owner's to close. */
export interface TokenServiceOptions {
  readonly config: Pick<TesseraConfig, 'issuer' | 'expiry' | 'oauth2'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record'>;
  readonly storage: Pick<Storage, 'findGrant' | 'redeemCode' | 'rotateRefreshToken' | 'reopenRotation' | 'revokeGrant'>;
  readonly keys: Pick<Keys, 'sign'>;
  readonly federation: Pick<Federation, 'refresh'>;
  readonly clients: ClientDirectory;
  readonly connectors: ConnectorDirectory;
  readonly verificationKeys: VerificationKeys;
  /** Purpose `refresh_token`. */
  readonly refreshTokenSecrets: SecretKeeper;
  /** Purpose `authorization_code`. */
  readonly codeSecrets: SecretKeeper;
}
