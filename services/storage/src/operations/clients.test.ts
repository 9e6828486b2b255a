import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { StaticClientConfig } from '@tessera/config';
import { verifyClientSecret } from '@tessera/credentials';
import type { Client } from '@tessera/oauth';
import { runInContext } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import { clientToJson } from '../codec/client-json.ts';
import { sampleClient } from '../conformance/samples.ts';
import { createStorageApi } from '../storage-api.ts';

const configured: StaticClientConfig = {
  id: 'from-file',
  secret: 'correct horse battery staple',
  name: 'From the file',
  redirectUris: ['https://app.example/callback'],
  postLogoutRedirectUris: [],
  trustedPeers: [],
  isPublic: false,
  isEnabled: true,
  allowedConnectors: [],
  furtherSecrets: [],
  settings: {},
};

function setUp(staticClients: readonly StaticClientConfig[] = [configured]) {
  const clock = createFakeClock();
  const reads: string[] = [];
  const durable = createMemoryDurableStore({ clock, hasOutbox: true, onStatement: (name) => reads.push(name) });
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients, staticPasswords: [] };
  const operations = createStorageApi({ ephemeral, durable, clock, config, hasOutbox: true });
  const putClient = (id: string) =>
    operations.api.putRecord({ kind: 'client', value: sampleClient(id), expected: 'any', actor: '' });
  return { clock, reads, durable, putClient, ...operations };
}

/** Lets everything that is under way in this turn of the event loop come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('N41: a client of the configuration has its secret as a hash alone', async () => {
  const { api, clock } = setUp();
  const { clients } = await api.listClients();
  expect(JSON.stringify(clients)).not.toContain(configured.secret);
  expect(verifyClientSecret(configured.secret ?? '', clients?.[0]?.secrets ?? [], clock.now())).toBe(true);
  expect(clients?.[0]).toMatchObject({ id: 'from-file', isEnabled: true, isPublic: false });
  expect(clients?.[0]).not.toHaveProperty('secret');
});

test('a client of the configuration has all of its secrets, each until it ends, and is as enabled as it says', async () => {
  const expiresAt = new Date('2026-01-01T00:10:00.000Z');
  const furtherSecrets = [{ value: 'the secret before', expiresAt }, { value: 'the secret after' }];
  const { api, clock } = setUp([{ ...configured, furtherSecrets, isEnabled: false }]);
  const [client] = (await api.listClients()).clients ?? [];
  const isGood = (secret: string) => verifyClientSecret(secret, client?.secrets ?? [], clock.now());
  const presented = [configured.secret ?? '', 'the secret before', 'the secret after', 'another'];
  expect(presented.map(isGood)).toEqual([true, true, true, false]);
  clock.set(expiresAt);
  expect(presented.map(isGood)).toEqual([true, false, true, false]);
  expect(client?.isEnabled).toBe(false);
  expect(client).not.toHaveProperty('furtherSecrets');
  expect(JSON.stringify(client)).not.toContain('the secret');
});

test('N41: only a confidential client whose secret is a key has it in clear', async () => {
  const hmacSecretOf = async (client: Partial<StaticClientConfig>): Promise<string | undefined> => {
    const furtherSecrets = [{ value: 'further' }];
    const { clients } = await setUp([{ ...configured, furtherSecrets, ...client }]).api.listClients();
    expect(JSON.stringify(clients)).not.toContain('further');
    return clients?.[0]?.hmacSecret;
  };
  for (const settings of [
    { authMethod: 'client_secret_jwt' },
    { idTokenSignedResponseAlg: 'HS256' },
    { idTokenSignedResponseAlg: 'HS512' },
  ] as const) {
    expect(await hmacSecretOf({ settings })).toBe(configured.secret);
    expect(await hmacSecretOf({ settings, isPublic: true })).toBeUndefined();
  }
  for (const settings of [
    {},
    { authMethod: 'client_secret_basic' },
    { authMethod: 'private_key_jwt', authSigningAlg: 'ES256' },
    { idTokenSignedResponseAlg: 'RS256' },
  ] as const) {
    expect(await hmacSecretOf({ settings })).toBeUndefined();
  }
});

test('the version of the clients changes with whatever is said of one, and with nothing else', async () => {
  const versionOf = async (client: Partial<StaticClientConfig>): Promise<string> =>
    (await setUp([{ ...configured, ...client }]).api.listClients()).version;
  const expiresAt = new Date('2026-06-01T00:00:00.000Z');
  const versions = [
    await versionOf({}),
    await versionOf({ secret: 'another' }),
    await versionOf({ furtherSecrets: [{ value: 'another' }] }),
    await versionOf({ furtherSecrets: [{ value: 'another', expiresAt }] }),
    await versionOf({ isEnabled: false }),
    await versionOf({ settings: { requirePkce: true } }),
  ];
  expect(new Set(versions).size).toBe(versions.length);
  expect(await versionOf({})).toBe(versions[0]);
});

test('a client that an earlier version stored has no settings', async () => {
  const { api, clock, durable } = setUp([]);
  const { settings: _, hmacSecret: __, ...before } = JSON.parse(clientToJson(sampleClient('old'))) as Client;
  const record = { kind: 'client', id: 'old', body: JSON.stringify(before), expected: 'absent', events: [] } as const;
  await durable.writeRecords([record], clock.now());
  const [client] = (await api.listClients()).clients ?? [];
  expect(client).toMatchObject({ id: 'old', settings: {} });
  expect(client).not.toHaveProperty('hmacSecret');
});

test('a public client without a secret has none', async () => {
  const { secret: _, ...rest } = configured;
  const { clients } = await setUp([{ ...rest, isPublic: true }]).api.listClients();
  expect(clients?.[0]).toMatchObject({ secrets: [], isPublic: true });
});

test('the configuration shadows a stored client and cannot be changed by calls', async () => {
  const { api, clock, durable, putClient } = setUp();
  const hidden = { kind: 'client', id: 'from-file', body: clientToJson(sampleClient('from-file')) } as const;
  await durable.writeRecords([{ ...hidden, expected: 'absent', events: [] }], clock.now());
  await putClient('stored');
  const { clients } = await api.listClients();
  expect(clients?.map(({ id, name }) => [id, name === configured.name])).toEqual([
    ['from-file', true],
    ['stored', false],
  ]);
  const found = await api.getRecord('client', 'from-file');
  expect([found?.version, found?.value.name]).toEqual([0, configured.name]);
  const refusal = { kind: 'conflict', code: 'storage.is_static' };
  await expect(putClient('from-file')).rejects.toMatchObject(refusal);
  await expect(api.deleteRecord({ kind: 'client', id: 'from-file', actor: '' })).rejects.toMatchObject(refusal);
});

test('replicas with one configuration agree on the version, and another configuration has another', async () => {
  const [one, same, other] = [setUp(), setUp(), setUp([{ ...configured, name: 'Renamed' }])];
  const { version: knownVersion } = await one.api.listClients();
  expect((await same.api.listClients()).version).toBe(knownVersion);
  expect((await other.api.listClients()).version).not.toBe(knownVersion);
  expect((await other.api.listClients({ knownVersion })).clients).toHaveLength(1);
  expect((await one.api.listClients({ knownVersion: 'nonsense' })).clients).toHaveLength(1);
});

test('many clients of the configuration come in pages as well, before the stored ones, and each once', async () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    ...configured,
    id: `from-file-${index}`,
    name: 'x'.repeat(100_000),
  }));
  const { api, putClient } = setUp(many);
  for (const id of ['stored-a', 'stored-b']) await putClient(id);
  const seen: string[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    const page = await api.listClients(cursor === undefined ? {} : { cursor });
    expect(Buffer.byteLength(JSON.stringify(page.clients))).toBeLessThan(1.5 * 1024 * 1024);
    seen.push(...(page.clients ?? []).map(({ id }) => id));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== undefined);
  expect(seen).toEqual([...many.map(({ id }) => id), 'stored-a', 'stored-b']);
  expect(pages).toBeGreaterThan(2);
});

test('a page that holds only what the configuration shadows still leads on', async () => {
  const ids = Array.from({ length: 501 }, (_, index) => `c${String(index).padStart(3, '0')}`);
  const { api, clock, durable, putClient } = setUp(ids.slice(0, 500).map((id) => ({ ...configured, id })));
  const bodies = ids.map((id) => ({ id, body: clientToJson(sampleClient(id)) }));
  const records = bodies.map((one) => ({ ...one, kind: 'client', expected: 'absent', events: [] }) as const);
  await durable.writeRecords(records, clock.now());
  await putClient('last');
  const first = await api.listClients();
  const rest = await api.listClients({ cursor: first.nextCursor ?? '' });
  expect([first.clients?.length, rest.clients?.map(({ id }) => id)]).toEqual([500, ['c500', 'last']]);
  expect(rest.nextCursor).toBeUndefined();
});

test('a cursor that is none is refused', async () => {
  const { api } = setUp();
  for (const cursor of [
    '',
    'x',
    'p',
    'p-1',
    'p1.5',
    'p 1',
    'r',
    'r!',
    `r${Buffer.from('a\0').toString('base64url')}`,
  ]) {
    await expect(api.listClients({ cursor })).rejects.toMatchObject({
      kind: 'invalid_argument',
      code: 'storage.invalid_page',
    });
  }
});

test('whoever knows the version waits for a change, asked for once a second for all together', async () => {
  const { api, putClient, clock, reads } = setUp();
  const { version: knownVersion } = await api.listClients();
  const waiting = [api.listClients({ knownVersion }), api.listClients({ knownVersion })];
  await settle();
  reads.length = 0;
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1);
    await settle();
  }
  expect(reads).toEqual(['revisions', 'revisions', 'revisions']);
  await putClient('new');
  clock.advance(1);
  for (const list of await Promise.all(waiting)) {
    expect(list.version).not.toBe(knownVersion);
    expect(list.clients).toHaveLength(2);
  }
  await settle();
  reads.length = 0;
  clock.advance(10);
  await settle();
  expect(reads).toEqual([]);
});

test('waiting ends a second before the deadline, after 20 seconds without one, and when the service closes', async () => {
  const operations = setUp();
  const { api, clock } = operations;
  const { version } = await api.listClients();
  const answered: string[] = [];
  const wait = (name: string, deadlineMs?: number) => {
    const context = { requestId: 'test', ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    return runInContext(context, () => api.listClients({ knownVersion: version })).then((list) => {
      expect(list).toEqual({ version });
      answered.push(name);
    });
  };
  const calls = [wait('deadline', clock.monotonicMs() + 5000), wait('none')];
  await settle();
  clock.advance(3.999);
  await settle();
  expect(answered).toEqual([]);
  clock.advance(0.001);
  await settle();
  expect(answered).toEqual(['deadline']);
  clock.advance(16);
  await settle();
  expect(answered).toEqual(['deadline', 'none']);
  const last = wait('closed');
  await settle();
  operations.close();
  await Promise.all([...calls, last]);
});

test('a store that cannot be asked while somebody waits is told to them', async () => {
  const clock = createFakeClock();
  const durable = createMemoryDurableStore({ clock, hasOutbox: true });
  let isDown = false;
  const failing = {
    ...durable,
    revisions: () => (isDown ? Promise.reject(new Error('down')) : durable.revisions()),
  };
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients: [], staticPasswords: [] };
  const { api } = createStorageApi({ ephemeral, durable: failing, clock, config, hasOutbox: true });
  const { version: knownVersion } = await api.listClients();
  const waiting = api.listClients({ knownVersion });
  await settle();
  isDown = true;
  clock.advance(1);
  await expect(waiting).rejects.toThrow('down');
});

test('a secret in a file is another as soon as its file is, for those who wait too, and the former ends two minutes later', async () => {
  await using folder = await createTempDirectory('client-secrets');
  const [secretFile, valueFile] = [join(folder.path, 'secret'), join(folder.path, 'further')];
  await writeFile(secretFile, 'first');
  await writeFile(valueFile, 'further-first');
  const furtherSecrets = [{ value: 'further-first', valueFile }];
  const operations = setUp([{ ...configured, secret: 'first', secretFile, furtherSecrets }]);
  const { api, clock } = operations;
  const before = await api.listClients();
  const untilOther = async (knownVersion: string) => {
    const waiting = api.listClients({ knownVersion });
    await settle();
    clock.advance(10);
    return waiting;
  };
  await writeFile(secretFile, 'second\n');
  const after = await untilOther(before.version);
  const takes = (secret: string, clients = after.clients) =>
    verifyClientSecret(secret, clients?.[0]?.secrets ?? [], clock.now());
  expect(after.version).not.toBe(before.version);
  expect(['first', 'second', 'further-first'].map((secret) => takes(secret))).toEqual([true, true, true]);
  clock.advance(120);
  expect(['first', 'second'].map((secret) => takes(secret))).toEqual([false, true]);
  await writeFile(valueFile, 'further-second');
  await expect.poll(async () => (await untilOther(after.version)).version).not.toBe(after.version);
  const last = await api.listClients();
  expect(['second', 'further-first', 'further-second'].map((secret) => takes(secret, last.clients))).toEqual([
    true,
    true,
    true,
  ]);
  operations.close();
});
