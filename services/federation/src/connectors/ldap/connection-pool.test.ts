import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { type LdapConnection, LdapConnectionError } from './connection.ts';
import { createLdapConnectionPool } from './connection-pool.ts';

interface FakeConnection extends LdapConnection {
  readonly number: number;
  isAlive: boolean;
}

function setUp() {
  const clock = createFakeClock();
  const opened: FakeConnection[] = [];
  const pool = createLdapConnectionPool({
    clock,
    async open() {
      const connection: FakeConnection = {
        number: opened.length,
        isAlive: true,
        isOpen: () => connection.isAlive,
        search: async () => [],
        async close() {
          connection.isAlive = false;
        },
      };
      opened.push(connection);
      return connection;
    },
  });
  const numberOf = (connection: LdapConnection) => (connection as FakeConnection).number;
  return { clock, opened, pool, use: () => pool.run(async (connection) => numberOf(connection)) };
}

test('A connection is kept for the next search, and opened anew once it has ended', async () => {
  const { use, opened } = setUp();
  expect([await use(), await use()]).toEqual([0, 0]);
  await opened[0]?.close();
  expect(await use()).toBe(1);
});

test('A connection that nobody uses for half a minute is closed', async () => {
  const { use, opened, clock } = setUp();
  await use();
  clock.advance(29);
  expect(opened[0]?.isAlive).toBe(true);
  clock.advance(2);
  expect(opened[0]?.isAlive).toBe(false);
  expect(await use()).toBe(1);
});

test('A search on a kept connection that turns out dead runs once more on a new one, and only once', async () => {
  const { pool, use, opened } = setUp();
  await use();
  const tried: number[] = [];
  const failing = (connection: LdapConnection) => {
    const fake = connection as FakeConnection;
    tried.push(fake.number);
    fake.isAlive = false;
    return Promise.reject(new LdapConnectionError('reset'));
  };
  await expect(pool.run(failing)).rejects.toThrow('reset');
  expect(tried).toEqual([0, 1]);
  await expect(pool.run(failing)).rejects.toThrow('reset');
  expect(tried).toEqual([0, 1, 2]);
  expect(opened).toHaveLength(3);
});

test('What the directory answers is no reason to search again', async () => {
  const { pool, use, opened } = setUp();
  await use();
  await expect(pool.run(() => Promise.reject(new Error('no such object')))).rejects.toThrow('no such object');
  expect(opened).toHaveLength(1);
});

test('N90: at most four connections are open, and callers beyond the queue are turned away', async () => {
  const { pool, opened } = setUp();
  const gate = Promise.withResolvers<void>();
  const accepted = Array.from({ length: 68 }, () => pool.run(() => gate.promise));
  await expect(pool.run(() => gate.promise)).rejects.toMatchObject({ kind: 'resource_exhausted' });
  gate.resolve();
  await Promise.all(accepted);
  expect(opened).toHaveLength(4);
});

test('A closed pool keeps nothing', async () => {
  const { pool, use, opened } = setUp();
  await use();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const last = pool.run(() => {
    begun.resolve();
    return gate.promise;
  });
  await begun.promise;
  await pool.close();
  gate.resolve();
  await last;
  expect(opened.map(({ isAlive }) => isAlive)).toEqual([false]);
});
