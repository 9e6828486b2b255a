import { createFakeClock } from '@tessera/clock';
import type { StaticClientConfig } from '@tessera/config';
import { verifyClientSecret } from '@tessera/credentials';
import { runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
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
  allowedConnectors: [],
};

function setUp(staticClients: readonly StaticClientConfig[] = [configured]) {
  const clock = createFakeClock();
  const reads: string[] = [];
  const durable = createMemoryDurableStore({ clock, onStatement: (name) => reads.push(name) });
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients, staticPasswords: [] };
  return { clock, reads, durable, ...createStorageApi({ ephemeral, durable, clock, config }) };
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

test('a public client without a secret has none', async () => {
  const { secret: _, ...rest } = configured;
  const { clients } = await setUp([{ ...rest, isPublic: true }]).api.listClients();
  expect(clients?.[0]).toMatchObject({ secrets: [], isPublic: true });
});

test('the configuration shadows a stored client and cannot be changed by calls', async () => {
  const { api, admin, durable } = setUp();
  await durable.putClient(sampleClient('from-file'));
  await admin.putClient(sampleClient('stored'));
  const { clients } = await api.listClients();
  expect(clients?.map(({ id, name }) => [id, name === configured.name])).toEqual([
    ['from-file', true],
    ['stored', false],
  ]);
  const refusal = { kind: 'conflict', code: 'storage.is_static' };
  await expect(admin.putClient(sampleClient('from-file'))).rejects.toMatchObject(refusal);
  await expect(admin.deleteClient('from-file')).rejects.toMatchObject(refusal);
});

test('replicas with one configuration agree on the version, and another configuration has another', async () => {
  const [one, same, other] = [setUp(), setUp(), setUp([{ ...configured, name: 'Renamed' }])];
  const { version } = await one.api.listClients();
  expect((await same.api.listClients()).version).toBe(version);
  expect((await other.api.listClients()).version).not.toBe(version);
  expect((await other.api.listClients(version)).clients).toHaveLength(1);
  expect((await one.api.listClients('nonsense')).clients).toHaveLength(1);
});

test('whoever knows the version waits for a change, asked for once a second for all together', async () => {
  const { api, admin, clock, reads } = setUp();
  const { version } = await api.listClients();
  const waiting = [api.listClients(version), api.listClients(version)];
  await settle();
  reads.length = 0;
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1);
    await settle();
  }
  expect(reads).toEqual(['clients_revision', 'clients_revision', 'clients_revision']);
  await admin.putClient(sampleClient('new'));
  clock.advance(1);
  for (const list of await Promise.all(waiting)) {
    expect(list.version).not.toBe(version);
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
    return runInContext(context, () => api.listClients(version)).then((list) => {
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
  const durable = createMemoryDurableStore({ clock });
  let isDown = false;
  const failing = {
    ...durable,
    clientsRevision: () => (isDown ? Promise.reject(new Error('down')) : durable.clientsRevision()),
  };
  const ephemeral = createMemoryEphemeralStore({ clock });
  const { api } = createStorageApi({
    ephemeral,
    durable: failing,
    clock,
    config: { staticClients: [], staticPasswords: [] },
  });
  const { version } = await api.listClients();
  const waiting = api.listClients(version);
  await settle();
  isDown = true;
  clock.advance(1);
  await expect(waiting).rejects.toThrow('down');
});
