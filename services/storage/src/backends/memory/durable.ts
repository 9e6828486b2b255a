import type { Clock } from '@tessera/clock';
import type { User } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { Client } from '@tessera/oauth';
import type { ClientStore, DurableStore, KeySetStore, StoreObserver, UserStore } from '../../ports.ts';
import { createMemoryGrants } from './grants.ts';

/** How the store is made. */
export interface MemoryDurableOptions {
  readonly clock: Clock;
  /** Most grants. Default 200,000. */
  readonly maxGrants?: number;
  readonly onStatement?: StoreObserver;
}

const DEFAULT_MAX_GRANTS = 200_000;
const MAX_RECORDS = 100_000;

/** "Durable" state that lives as long as the process: for trying out. */
export function createMemoryDurableStore(options: MemoryDurableOptions): DurableStore {
  const { clock, maxGrants = DEFAULT_MAX_GRANTS, onStatement } = options;
  const users = new Map<string, User>();
  return {
    async ready() {},
    async close() {},
    ...createMemoryGrants({ clock, maxGrants, findStoredUser: (email) => users.get(email), onStatement }),
    ...memoryUsers(users, onStatement),
    ...memoryClients(onStatement),
    ...memoryKeySets(onStatement),
  };
}

function memoryUsers(users: Map<string, User>, onStatement: StoreObserver | undefined): UserStore {
  return {
    async findUser(email) {
      onStatement?.('find_user');
      return users.get(email);
    },
    async putUser(user) {
      assertRoom(users, user.email);
      users.set(user.email, user);
    },
    deleteUser: async (email) => users.delete(email),
  };
}

function memoryClients(onStatement: StoreObserver | undefined): ClientStore {
  const clients = new Map<string, Client>();
  let revision = 0;
  return {
    async listClients() {
      onStatement?.('list_clients');
      return { revision, clients: [...clients.values()] };
    },
    async clientsRevision() {
      onStatement?.('clients_revision');
      return revision;
    },
    async putClient(client) {
      assertRoom(clients, client.id);
      clients.set(client.id, client);
      revision += 1;
    },
    async deleteClient(id) {
      const wasThere = clients.delete(id);
      if (wasThere) revision += 1;
      return wasThere;
    },
  };
}

function memoryKeySets(onStatement: StoreObserver | undefined): KeySetStore {
  const keySets = new Map<string, { readonly version: number; readonly payload: Uint8Array }>();
  return {
    async getKeySet(name) {
      onStatement?.('get_key_set');
      return keySets.get(name) ?? { version: 0, payload: new Uint8Array() };
    },
    async compareAndSetKeySet(name, expectedVersion, payload) {
      onStatement?.('set_key_set');
      if ((keySets.get(name)?.version ?? 0) !== expectedVersion) return false;
      assertRoom(keySets, name);
      keySets.set(name, { version: expectedVersion + 1, payload: payload.slice() });
      return true;
    },
  };
}

function assertRoom(map: ReadonlyMap<string, unknown>, key: string): void {
  if (map.size < MAX_RECORDS || map.has(key)) return;
  throw new TesseraError({ kind: 'resource_exhausted', code: 'storage.full', message: 'the store in memory is full' });
}
