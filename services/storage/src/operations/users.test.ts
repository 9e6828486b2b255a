import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import { userToJson } from '../codec/user-json.ts';
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
  const durable = createMemoryDurableStore({ clock, hasOutbox: true });
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients: [], staticPasswords };
  return { clock, durable, ...createStorageApi({ ephemeral, durable, clock, config, hasOutbox: true }) };
}

test('a person of the configuration is found in any case and shadows a stored one', async () => {
  const { api, clock, durable } = setUp();
  const hidden = sampleUser({ isEnabled: false });
  const record = { kind: 'user', id: hidden.email, body: userToJson(hidden), expected: 'absent', events: [] } as const;
  await durable.writeRecords([record], clock.now());
  const expected = {
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
  };
  expect(await api.findUser('JANE@EXAMPLE.ORG')).toEqual(expected);
  expect(await api.getRecord('user', 'JANE@EXAMPLE.ORG')).toEqual({ value: expected, version: 0 });
});

test('a full name stands before the name of the account', async () => {
  const { api } = setUp([{ ...jane, ...{ name: 'Jane Doe', preferredUsername: 'jd' } }]);
  const user = await api.findUser('jane@example.org');
  expect(user?.identity).toMatchObject({ username: 'Jane Doe', preferredUsername: 'jd' });
});

test('calls cannot change a person of the configuration, nor store an identity under another email', async () => {
  const { api } = setUp();
  const put = (value = sampleUser()) => api.putRecord({ kind: 'user', value, expected: 'any', actor: '' });
  const refusal = { kind: 'conflict', code: 'storage.is_static' };
  await expect(put()).rejects.toMatchObject(refusal);
  await expect(api.deleteRecord({ kind: 'user', id: 'JANE@example.org', actor: '' })).rejects.toMatchObject(refusal);
  const invalid = { kind: 'invalid_argument', code: 'storage.invalid_record' };
  await expect(put(sampleUser({ email: 'joe@example.org' }))).rejects.toMatchObject(invalid);
  const identity = { ...sampleUser().identity, email: 'a\0b' };
  await expect(put(sampleUser({ email: 'a\0b', identity }))).rejects.toMatchObject(invalid);
});
