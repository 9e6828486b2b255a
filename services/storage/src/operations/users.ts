import type { Clock } from '@tessera/clock';
import type { StaticPasswordConfig } from '@tessera/config';
import type { Authorization, StorageUsersApi, User } from '@tessera/contracts';
import type { Identity } from '@tessera/oauth';
import { userFromJson } from '../codec/user-json.ts';
import type { RecordStore } from '../ports.ts';
import { isStorableId } from '../rules/accepted-input.ts';
import { emailKey, isSamePerson, passwordUserEmail } from '../rules/password-user.ts';

/** The people of the configuration file, by email in lower case. */
export type StaticUsers = ReadonlyMap<string, User>;

/** The people of the configuration file. Their full name becomes `name`; without one the account's name does. */
export function staticUsersOf(passwords: readonly StaticPasswordConfig[]): StaticUsers {
  return new Map(passwords.map((password) => [emailKey(password.email), staticUser(password)]));
}

function staticUser(password: StaticPasswordConfig): User {
  const { email, username, name, preferredUsername, emailVerified, userId, groups, hash, claims } = password;
  return {
    email: emailKey(email),
    identity: {
      userId,
      username: name ?? username,
      preferredUsername: preferredUsername ?? '',
      email,
      emailVerified,
      groups,
      claims,
    },
    passwordHash: hash,
    isEnabled: true,
    isStatic: true,
  };
}

/** What the password database needs. */
export interface UsersOptions {
  readonly clock: Clock;
  readonly staticUsers: StaticUsers;
  readonly durable: RecordStore;
}

/** The password database: the configuration's people, then the stored ones. */
export function createUsers({ clock, staticUsers, durable }: UsersOptions): StorageUsersApi {
  return {
    async findUser(email) {
      const id = emailKey(email);
      const known = staticUsers.get(id);
      if (known !== undefined) return known;
      if (!isStorableId(id)) return undefined;
      const [record] = await durable.getRecords([{ kind: 'user', id }], clock.now());
      return record === undefined ? undefined : userFromJson(record.body);
    },
  };
}

/** How it stands with the person an authorization is about. `elsewhere`: another connector knows them. */
export type Standing =
  | { readonly type: 'elsewhere' }
  | { readonly type: 'stands'; readonly identity: Identity }
  | { readonly type: 'gone' };

/** Judges whether the person of an authorization still stands in the password database; `stored` is the stored record. */
export function standingOf(authorization: Authorization, stored: User | undefined, staticUsers: StaticUsers): Standing {
  const email = passwordUserEmail(authorization);
  if (email === undefined) return { type: 'elsewhere' };
  const user = staticUsers.get(email) ?? stored;
  return isSamePerson(user, authorization) ? { type: 'stands', identity: user.identity } : { type: 'gone' };
}
