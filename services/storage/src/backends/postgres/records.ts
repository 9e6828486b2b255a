import { clientFromJson, clientToJson } from '../../codec/client-json.ts';
import { userFromColumns } from '../../codec/grant-columns.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import type { ClientStore, KeySetStore, UserStore } from '../../ports.ts';
import { onlyRow, type PostgresDatabase, type Statement } from './database.ts';

const FIND_USER: Statement = {
  name: 'find_user',
  text: 'SELECT email, identity, password_hash, is_enabled FROM tessera_users WHERE email = $1',
};
const PUT_USER: Statement = {
  name: 'put_user',
  text: `
INSERT INTO tessera_users (email, user_id, identity, password_hash, is_enabled) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (email) DO UPDATE SET user_id = excluded.user_id, identity = excluded.identity,
  password_hash = excluded.password_hash, is_enabled = excluded.is_enabled`,
};
const DELETE_USER: Statement = {
  name: 'delete_user',
  text: 'DELETE FROM tessera_users WHERE email = $1 RETURNING email',
};

/** Stored people in PostgreSQL. */
export function createPostgresUsers(database: PostgresDatabase): UserStore {
  return {
    async findUser(email) {
      const [row] = await database.query<{
        readonly email: string;
        readonly identity: string;
        readonly password_hash: string;
        readonly is_enabled: boolean;
      }>(FIND_USER, [email]);
      if (row === undefined) return undefined;
      const { identity, password_hash: passwordHash, is_enabled: isEnabled } = row;
      return userFromColumns({ email: row.email, identity, passwordHash, isEnabled });
    },
    async putUser({ email, identity, passwordHash, isEnabled }) {
      const values = [email, identity.userId, identityToJson(identity), passwordHash, isEnabled];
      await database.query(PUT_USER, values);
    },
    async deleteUser(email) {
      return (await database.query(DELETE_USER, [email])).length > 0;
    },
  };
}

const LIST_CLIENTS: Statement = {
  name: 'list_clients',
  text: `
SELECT r.value AS revision, c.record FROM tessera_revisions r LEFT JOIN tessera_clients c ON true
WHERE r.name = 'clients' ORDER BY c.id`,
};
const CLIENTS_REVISION: Statement = {
  name: 'clients_revision',
  text: "SELECT value AS revision FROM tessera_revisions WHERE name = 'clients'",
};
const PUT_CLIENT: Statement = {
  name: 'put_client',
  text: `
WITH counted AS (UPDATE tessera_revisions SET value = value + 1 WHERE name = 'clients')
INSERT INTO tessera_clients (id, record) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET record = excluded.record`,
};
const DELETE_CLIENT: Statement = {
  name: 'delete_client',
  text: `
WITH deleted AS (DELETE FROM tessera_clients WHERE id = $1 RETURNING id)
UPDATE tessera_revisions SET value = value + 1 WHERE name = 'clients' AND EXISTS (SELECT FROM deleted)
RETURNING value`,
};

/** Stored clients in PostgreSQL. A change and the new revision are one statement, and so is reading both. */
export function createPostgresClients(database: PostgresDatabase): ClientStore {
  return {
    async listClients() {
      const rows = await database.query<{ readonly revision: string; readonly record: string | null }>(
        LIST_CLIENTS,
        [],
      );
      return {
        revision: Number(onlyRow(rows).revision),
        clients: rows.flatMap(({ record }) => (record === null ? [] : [clientFromJson(record)])),
      };
    },
    async clientsRevision() {
      return Number(onlyRow(await database.query<{ readonly revision: string }>(CLIENTS_REVISION, [])).revision);
    },
    async putClient(client) {
      await database.query(PUT_CLIENT, [client.id, clientToJson(client)]);
    },
    async deleteClient(id) {
      return (await database.query(DELETE_CLIENT, [id])).length > 0;
    },
  };
}

const GET_KEY_SET: Statement = {
  name: 'get_key_set',
  text: 'SELECT version, payload FROM tessera_key_sets WHERE name = $1',
};
const FIRST_KEY_SET: Statement = {
  name: 'first_key_set',
  text: `
INSERT INTO tessera_key_sets (name, version, payload) VALUES ($1, 1, $2) ON CONFLICT (name) DO NOTHING
RETURNING version`,
};
const NEXT_KEY_SET: Statement = {
  name: 'next_key_set',
  text: `
UPDATE tessera_key_sets SET version = version + 1, payload = $2 WHERE name = $1 AND version = $3::bigint
RETURNING version`,
};

/** Encrypted key sets in PostgreSQL. */
export function createPostgresKeySets(database: PostgresDatabase): KeySetStore {
  return {
    async getKeySet(name) {
      const [row] = await database.query<{ readonly version: string; readonly payload: Buffer }>(GET_KEY_SET, [name]);
      return { version: Number(row?.version ?? 0), payload: row?.payload ?? new Uint8Array() };
    },
    async compareAndSetKeySet(name, expectedVersion, payload) {
      const bytes = Buffer.from(payload);
      const rows =
        expectedVersion === 0
          ? await database.query(FIRST_KEY_SET, [name, bytes])
          : await database.query(NEXT_KEY_SET, [name, bytes, expectedVersion]);
      return rows.length > 0;
    },
  };
}
