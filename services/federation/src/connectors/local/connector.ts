import type { User } from '@tessera/contracts';
import type { PasswordChecker } from '../../password-hashing/password-checker.ts';
import type { Users } from '../../ports.ts';
import { signInError } from '../../sign-in-errors.ts';
import type { Connector } from '../connector.ts';

/** Dex's label for the user name field of the password database. */
const PROMPT = 'Email Address';
/** RFC 5321 §4.5.3.1: 64 octets, the at sign, 255 octets. Longer names are nobody's. */
const LONGEST_EMAIL = 320;

/** What the connector needs. */
export interface LocalConnectorOptions {
  readonly users: Users;
  readonly passwords: PasswordChecker;
}

/** Signs people in by the password database. Unknown, disabled and wrong password look and take the same. */
export function createLocalConnector({ users, passwords }: LocalConnectorOptions): Connector {
  return {
    signIn: {
      kind: 'password',
      prompt: PROMPT,
      async login({ username, password }) {
        const user = username.length > LONGEST_EMAIL ? undefined : await users.findUser(username);
        const isGenuine = await passwords.check({ password, storedHash: user?.passwordHash, username });
        if (user === undefined || !isGenuine || !user.isEnabled) {
          throw signInError('invalidCredentials', 'unknown, disabled, or another password');
        }
        return { identity: user.identity, data: '' };
      },
    },
    refresher: {
      async refresh({ identity }) {
        const user = await users.findUser(identity.email);
        if (!isStill(user, identity.userId)) {
          throw signInError('userGone', 'the person was removed, replaced or disabled');
        }
        return { identity: user.identity, data: '' };
      },
    },
    refreshesUpstream: false,
    async close() {},
  };
}

function isStill(user: User | undefined, userId: string): user is User {
  return user?.isEnabled === true && user.identity.userId === userId;
}
