import { clientFromJson, clientToJson } from '../../codec/client-json.ts';
import { userFromColumns } from '../../codec/grant-columns.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import type { ClientStore, KeySetStore, UserStore } from '../../ports.ts';
import type { SqliteDatabase } from './database.ts';

/** Stored people in SQLite. */
export function createSqliteUsers(database: SqliteDatabase): UserStore {
  const find = database.prepare('SELECT email, identity, password_hash, is_enabled FROM users WHERE email = ?');
  const put = database.prepare(`
    INSERT INTO users (email, identity, password_hash, is_enabled) VALUES (?, ?, ?, ?)
    ON CONFLICT (email) DO UPDATE SET identity = excluded.identity, password_hash = excluded.password_hash,
      is_enabled = excluded.is_enabled`);
  const remove = database.prepare('DELETE FROM users WHERE email = ?');
  return {
    findUser: (email) =>
      database.read('find_user', () => {
        const row = find.get(email) as
          | { email: string; identity: string; password_hash: string; is_enabled: number }
          | undefined;
        return row === undefined
          ? undefined
          : userFromColumns({
              email: row.email,
              identity: row.identity,
              passwordHash: row.password_hash,
              isEnabled: row.is_enabled === 1,
            });
      }),
    putUser: ({ email, identity, passwordHash, isEnabled }) =>
      database.write('put_user', () => {
        put.run(email, identityToJson(identity), passwordHash, isEnabled ? 1 : 0);
      }),
    deleteUser: (email) => database.write('delete_user', () => remove.run(email).changes > 0),
  };
}

/** Stored clients in SQLite. */
export function createSqliteClients(database: SqliteDatabase): ClientStore {
  const list = database.prepare('SELECT record FROM clients ORDER BY id');
  const revision = database.prepare("SELECT value FROM revisions WHERE name = 'clients'");
  const countUp = database.prepare("UPDATE revisions SET value = value + 1 WHERE name = 'clients'");
  const put = database.prepare(
    'INSERT INTO clients (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
  );
  const remove = database.prepare('DELETE FROM clients WHERE id = ?');
  const readRevision = (): number => Number(revision.get()?.['value']);
  return {
    // Two statements see one snapshot: a transaction keeps other processes out.
    listClients: () =>
      database.write('list_clients', () => ({
        revision: readRevision(),
        clients: list.all().map((row) => clientFromJson(String(row['record']))),
      })),
    clientsRevision: () => database.read('clients_revision', readRevision),
    putClient: (client) =>
      database.write('put_client', () => {
        put.run(client.id, clientToJson(client));
        countUp.run();
      }),
    deleteClient: (id) =>
      database.write('delete_client', () => {
        if (remove.run(id).changes === 0) return false;
        countUp.run();
        return true;
      }),
  };
}

/** Encrypted key sets in SQLite. */
export function createSqliteKeySets(database: SqliteDatabase): KeySetStore {
  const find = database.prepare('SELECT version, payload FROM key_sets WHERE name = ?');
  const insert = database.prepare(
    'INSERT INTO key_sets (name, version, payload) VALUES (?, 1, ?) ON CONFLICT (name) DO NOTHING',
  );
  const update = database.prepare(
    'UPDATE key_sets SET version = version + 1, payload = ? WHERE name = ? AND version = ?',
  );
  return {
    getKeySet: (name) =>
      database.read('get_key_set', () => {
        const row = find.get(name) as { version: number; payload: Uint8Array } | undefined;
        return row === undefined ? { version: 0, payload: new Uint8Array() } : { ...row };
      }),
    compareAndSetKeySet: (name, expectedVersion, payload) =>
      database.write('set_key_set', () => {
        const { changes } =
          expectedVersion === 0 ? insert.run(name, payload) : update.run(payload, name, expectedVersion);
        return changes > 0;
      }),
  };
}
