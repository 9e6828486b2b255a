import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { StorageApi } from '@tessera/contracts';
import { type Logger, silentLogger } from '@tessera/telemetry';
import { createAdministeredRecords } from './operations/administered-records.ts';
import { createAttempts } from './operations/attempts.ts';
import { createAuthorizationRequests } from './operations/authorization-requests.ts';
import { createListClients } from './operations/clients.ts';
import { createListConnectors } from './operations/connectors.ts';
import { createConsents } from './operations/consents.ts';
import { createConsumeOnce } from './operations/consume-once.ts';
import { createCreateGrants } from './operations/create-grants.ts';
import { createDeviceRequests } from './operations/device-requests.ts';
import { createAppendEvents } from './operations/events.ts';
import { createFindGrants } from './operations/find-grants.ts';
import { createGrantsBySelector } from './operations/grants-by-selector.ts';
import { createConsumeInitialAccessToken } from './operations/initial-access-tokens.ts';
import { createKeySets } from './operations/key-sets.ts';
import { createLogoutDeliveries } from './operations/logout-deliveries.ts';
import { createOutbox } from './operations/outbox.ts';
import { createParkedEvents } from './operations/parked-events.ts';
import { createPushedRequests } from './operations/pushed-requests.ts';
import { createRedeemCodes } from './operations/redeem-codes.ts';
import { createReopenRotations } from './operations/reopen-rotations.ts';
import { createRevisionWatch } from './operations/revision-watch.ts';
import { createRevokeGrants } from './operations/revoke-grants.ts';
import { createRotateRefreshTokens } from './operations/rotate-refresh-tokens.ts';
import { createSessions } from './operations/sessions.ts';
import { createStaticClients } from './operations/static-clients.ts';
import { createUpstreamStates } from './operations/upstream-states.ts';
import { createUsers, staticUsersOf } from './operations/users.ts';
import type { DurableStore, EphemeralStore } from './ports.ts';

/** What the operations stand on. */
export interface StorageApiOptions {
  readonly ephemeral: EphemeralStore;
  readonly durable: DurableStore;
  readonly clock: Clock;
  /** Told of secrets that change. Default: nobody is. */
  readonly logger?: Logger;
  /** The people and clients of the configuration file. */
  readonly config: Pick<TesseraConfig, 'staticClients' | 'staticPasswords'>;
  /** Whether events are kept for the events service; the same that the durable store was opened with. */
  readonly hasOutbox: boolean;
}

/** The operations on two stores. */
export interface StorageOperations {
  readonly api: StorageApi;
  /** Ends the calls that wait for a change; the stores stay open. */
  close(): void;
}

/** Every operation of storage, on whatever stores. */
export function createStorageApi(options: StorageApiOptions): StorageOperations {
  const { ephemeral, durable, clock, config, hasOutbox, logger = silentLogger } = options;
  const staticUsers = staticUsersOf(config.staticPasswords);
  const staticClients = createStaticClients(config.staticClients, { clock, logger });
  const watch = createRevisionWatch({ clock, store: durable });
  return {
    api: {
      ...createAuthorizationRequests(ephemeral),
      ...createPushedRequests(ephemeral),
      ...createDeviceRequests(ephemeral),
      ...createUpstreamStates(ephemeral),
      consumeOnce: createConsumeOnce(ephemeral),
      ...createAttempts(ephemeral),
      listClients: createListClients({ clock, staticClients, store: durable, watch }),
      listConnectors: createListConnectors({ clock, store: durable, watch }),
      ...createUsers({ clock, staticUsers, durable }),
      ...createKeySets({ clock, durable, watch }),
      findGrants: createFindGrants({ clock, durable, staticUsers }),
      redeemCodes: createRedeemCodes({ clock, ephemeral, durable, staticUsers }),
      createGrants: createCreateGrants({ clock, durable }),
      rotateRefreshTokens: createRotateRefreshTokens({ clock, durable, staticUsers }),
      reopenRotations: createReopenRotations({ clock, durable }),
      revokeGrants: createRevokeGrants({ clock, durable }),
      ...createSessions({ clock, durable }),
      ...createLogoutDeliveries({ clock, durable }),
      ...createConsents({ clock, durable }),
      ...createAdministeredRecords({ clock, durable, staticUsers, staticClients }),
      consumeInitialAccessToken: createConsumeInitialAccessToken({ clock, durable }),
      ...createGrantsBySelector({ clock, durable, staticUsers }),
      ...createAppendEvents({ durable, hasOutbox }),
      ...createOutbox({ clock, durable, hasOutbox }),
      ...createParkedEvents({ durable, hasOutbox }),
    },
    close() {
      staticClients.close();
      watch.close();
    },
  };
}
