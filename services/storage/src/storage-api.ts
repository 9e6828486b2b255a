import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { StorageApi } from '@tessera/contracts';
import { createAdmin, type StorageAdmin } from './admin.ts';
import { createAuthorizationRequests } from './operations/authorization-requests.ts';
import { createListClients, staticClientsOf } from './operations/clients.ts';
import { createFindGrants } from './operations/find-grants.ts';
import { createKeySets } from './operations/key-sets.ts';
import { createRedeemCodes } from './operations/redeem-codes.ts';
import { createRevisionWatch } from './operations/revision-watch.ts';
import { createRevokeGrants } from './operations/revoke-grants.ts';
import { createRotateRefreshTokens } from './operations/rotate-refresh-tokens.ts';
import { createUsers, staticUsersOf } from './operations/users.ts';
import type { DurableStore, EphemeralStore } from './ports.ts';

/** What the operations stand on. */
export interface StorageApiOptions {
  readonly ephemeral: EphemeralStore;
  readonly durable: DurableStore;
  readonly clock: Clock;
  /** The people and clients of the configuration file. */
  readonly config: Pick<TesseraConfig, 'staticClients' | 'staticPasswords'>;
}

/** The operations on two stores. */
export interface StorageOperations {
  readonly api: StorageApi;
  readonly admin: StorageAdmin;
  /** Ends the calls that wait for a change; the stores stay open. */
  close(): void;
}

/** Every operation of storage, on whatever stores. */
export function createStorageApi({ ephemeral, durable, clock, config }: StorageApiOptions): StorageOperations {
  const staticUsers = staticUsersOf(config.staticPasswords);
  const staticClients = staticClientsOf(config.staticClients);
  const watch = createRevisionWatch({ clock, readRevision: () => durable.clientsRevision() });
  return {
    api: {
      ...createAuthorizationRequests(ephemeral),
      ...createUsers(staticUsers, durable),
      ...createKeySets(durable),
      listClients: createListClients({ staticClients, store: durable, watch }),
      findGrants: createFindGrants({ clock, durable, staticUsers }),
      redeemCodes: createRedeemCodes({ clock, ephemeral, durable }),
      rotateRefreshTokens: createRotateRefreshTokens({ clock, durable, staticUsers }),
      revokeGrants: createRevokeGrants({ clock, durable }),
    },
    admin: createAdmin({ durable, staticUsers, staticClients }),
    close: () => watch.close(),
  };
}
