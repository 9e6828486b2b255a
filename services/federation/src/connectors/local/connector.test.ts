import type { User } from '@tessera/contracts';
import { expect, test } from 'vitest';
import type { PasswordCheck } from '../../password-hashing/password-checker.ts';
import { createLocalConnector } from './connector.ts';

const jane: User = {
  email: 'jane@example.com',
  identity: {
    userId: 'u1',
    username: 'jane',
    preferredUsername: 'jane',
    email: 'jane@example.com',
    emailVerified: true,
    groups: ['admins'],
    claims: { given_name: 'Jane' },
  },
  passwordHash: 'hash of secret',
  isEnabled: true,
  isStatic: true,
};

function setUp(user: User | undefined = jane) {
  const checks: PasswordCheck[] = [];
  const asked: string[] = [];
  const connector = createLocalConnector({
    users: {
      async findUser(email) {
        asked.push(email);
        return email.toLowerCase() === user?.email ? user : undefined;
      },
    },
    passwords: {
      async check(check) {
        checks.push(check);
        return check.storedHash === `hash of ${check.password}`;
      },
    },
  });
  if (connector.signIn.kind !== 'password') throw new Error('the local connector signs in by password');
  const { signIn } = connector;
  const login = (username: string, password: string) => signIn.login({ username, password, scopes: [] });
  const refresh = (userId = 'u1') =>
    connector.refresher?.refresh({ identity: { ...jane.identity, userId }, data: '', scopes: [] });
  return { connector, login, refresh, checks, asked };
}

const invalid = { code: 'federation.invalid_credentials', kind: 'unauthenticated' };

test('The password database signs in by email, in any case, and needs no upstream at refresh', async () => {
  const { connector, login } = setUp();
  expect(connector.signIn).toMatchObject({ kind: 'password', prompt: 'Email Address' });
  expect(connector.refreshesUpstream).toBe(false);
  expect(await login('Jane@Example.com', 'secret')).toEqual({ identity: jane.identity, data: '' });
});

test('N62: unknown, disabled and wrong password end alike, each after one password check', async () => {
  const disabled = setUp({ ...jane, isEnabled: false });
  const cases = [
    { ...setUp(), username: 'nobody@example.com', password: 'secret' },
    { ...setUp(), username: 'jane@example.com', password: 'wrong' },
    { ...disabled, username: 'jane@example.com', password: 'secret' },
  ];
  const messages = new Set<string>();
  for (const { login, username, password, checks } of cases) {
    const error = await login(username, password).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject(invalid);
    messages.add((error as Error).message);
    expect(checks).toHaveLength(1);
  }
  expect(messages.size).toBe(1);
});

test('A name longer than any email address is not looked up', async () => {
  const { login, asked } = setUp();
  await expect(login(`${'a'.repeat(321)}`, 'secret')).rejects.toMatchObject(invalid);
  expect(asked).toEqual([]);
});

test('N38: at refresh the person is read again, and is gone when removed, disabled or replaced', async () => {
  expect((await setUp().refresh())?.identity).toEqual(jane.identity);
  const gone = { code: 'federation.user_gone', kind: 'not_found' };
  await expect(setUp({ ...jane, email: 'other@example.com' }).refresh()).rejects.toMatchObject(gone);
  await expect(setUp({ ...jane, isEnabled: false }).refresh()).rejects.toMatchObject(gone);
  await expect(setUp().refresh('u2')).rejects.toMatchObject(gone);
});
