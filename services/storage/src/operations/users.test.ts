import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import { sampleUser } from '../conformance/samples.ts';
import { createStorageApi } from '../storage-api.ts';

const jane = {
  email: 'Jane@Example.org',
  username: 'jane',
  emailVerified: true,
  userId: 'u1',
  groups: ['staff'],
  hash: '$2b$10$hash',
  claims: { locale: 'la' },
};

function setUp(staticPasswords = [jane]) {
  const clock = createFakeClock();
  const durable = createMemoryDurableStore({ clock });
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients: [], staticPasswords };
  return { durable, ...createStorageApi({ ephemeral, durable, clock, config }) };
}

test('a person of the configuration is found in any case and shadows a stored one', async () => {
  const { api, durable } = setUp();
  await durable.putUser(sampleUser({ isEnabled: false }));
  expect(await api.findUser('JANE@EXAMPLE.ORG')).toEqual({
    email: 'jane@example.org',
    identity: {
      userId: 'u1',
      username: 'jane',
      preferredUsername: '',
      email: 'Jane@Example.org',
      emailVerified: true,
      groups: ['staff'],
      claims: { locale: 'la' },
    },
    passwordHash: '$2b$10$hash',
    isEnabled: true,
    isStatic: true,
  });
});

test('a full name stands before the name of the account', async () => {
  const { api } = setUp([{ ...jane, ...{ name: 'Jane Doe', preferredUsername: 'jd' } }]);
  const user = await api.findUser('jane@example.org');
  expect(user?.identity).toMatchObject({ username: 'Jane Doe', preferredUsername: 'jd' });
});

test('calls cannot change a person of the configuration, nor store an identity under another email', async () => {
  const { admin } = setUp();
  const refusal = { kind: 'conflict', code: 'storage.is_static' };
  await expect(admin.putUser(sampleUser())).rejects.toMatchObject(refusal);
  await expect(admin.deleteUser('JANE@example.org')).rejects.toMatchObject(refusal);
  const invalid = { kind: 'invalid_argument', code: 'storage.invalid_record' };
  await expect(admin.putUser(sampleUser({ email: 'joe@example.org' }))).rejects.toMatchObject(invalid);
  const identity = { ...sampleUser().identity, email: 'a\0b' };
  await expect(admin.putUser(sampleUser({ email: 'a\0b', identity }))).rejects.toMatchObject(invalid);
});
