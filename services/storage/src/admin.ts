import type { User } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { Client } from '@tessera/oauth';
import type { StaticClients } from './operations/clients.ts';
import type { StaticUsers } from './operations/users.ts';
import type { ClientStore, UserStore } from './ports.ts';
import { emailKey } from './rules/password-user.ts';
import { isStorableText } from './rules/stored-text.ts';

/** Changes of stored people and clients, for those who administer. The last of two callers wins. */
export interface StorageAdmin {
  /**
   * Creates or replaces a person; the email is put in lower case. Throws `conflict` (`storage.is_static`) for one of the
   * configuration and `invalid_argument` (`storage.invalid_record`) when the identity has another email.
   */
  putUser(user: Omit<User, 'isStatic'>): Promise<void>;
  /** False: there was none. Throws `conflict` (`storage.is_static`) for a person of the configuration. */
  deleteUser(email: string): Promise<boolean>;
  /** Creates or replaces a client. Throws `conflict` (`storage.is_static`) for one of the configuration. */
  putClient(client: Client): Promise<void>;
  /** False: there was none. Throws `conflict` (`storage.is_static`) for a client of the configuration. */
  deleteClient(id: string): Promise<boolean>;
}

/** What administering needs. */
export interface AdminOptions {
  readonly durable: UserStore & ClientStore;
  readonly staticUsers: StaticUsers;
  readonly staticClients: StaticClients;
}

/** Administration of stored people and clients. */
export function createAdmin({ durable, staticUsers, staticClients }: AdminOptions): StorageAdmin {
  const changeableUser = (email: string): string => {
    const key = emailKey(email);
    if (staticUsers.has(key)) throw isStatic('the person');
    return key;
  };
  const changeableClient = (id: string): string => {
    if (staticClients.clients.has(id)) throw isStatic('the client');
    return id;
  };
  return {
    async putUser(user) {
      const email = changeableUser(user.email);
      assertStorable(email, 'an email');
      if (emailKey(user.identity.email) !== email)
        throw invalidRecord('the identity has another email than the person');
      await durable.putUser({ ...user, email, isStatic: false });
    },
    async deleteUser(email) {
      const key = changeableUser(email);
      return isStorableText(key) && (await durable.deleteUser(key));
    },
    async putClient(client) {
      assertStorable(changeableClient(client.id), 'a client id');
      await durable.putClient(client);
    },
    async deleteClient(id) {
      const key = changeableClient(id);
      return isStorableText(key) && (await durable.deleteClient(key));
    },
  };
}

function assertStorable(value: string, what: string): void {
  if (value === '' || !isStorableText(value)) throw invalidRecord(`${what} must be well-formed text`);
}

function invalidRecord(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'storage.invalid_record', message });
}

function isStatic(what: string): TesseraError {
  return new TesseraError({
    kind: 'conflict',
    code: 'storage.is_static',
    message: `${what} stands in the configuration file and can only be changed there`,
  });
}
