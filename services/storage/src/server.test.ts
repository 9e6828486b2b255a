import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { serviceName } from '@tessera/rpc';
import { silentLogger } from '@tessera/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleClient, sampleUser } from './conformance/samples.ts';
import { createStorageService } from './server.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-storage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Stores = Pick<TesseraConfig, 'storage' | 'ephemeral' | 'events'>;

/** Storage reads no other part of the configuration. */
function configWith(stores: Stores): TesseraConfig {
  return { ...stores, staticClients: [], staticPasswords: [] } as Partial<TesseraConfig> as TesseraConfig;
}

const start = (stores: Stores) =>
  createStorageService({ config: configWith(stores), clock: createFakeClock(), logger: silentLogger });

test('the service offers its operations, one gRPC service for each kind of caller, and no public routes', async () => {
  const service = await start({ storage: { type: 'memory' }, ephemeral: { type: 'memory' } });
  await service.ready();
  expect(service.name).toBe('storage');
  expect(service.handlers).toEqual({});
  const callers = service.bindings.map(({ definition, allowedCallers }) => [serviceName(definition), allowedCallers]);
  expect(Object.fromEntries(callers)).toEqual({
    'tessera.storage.v1.StorageReadService': ['authorize', 'token', 'federation'],
    'tessera.storage.v1.StorageUsersService': ['federation'],
    'tessera.storage.v1.StorageWriteService': ['authorize', 'token'],
    'tessera.storage.v1.StorageKeySetsService': ['keys'],
    'tessera.storage.v1.StorageShortLivedService': ['authorize', 'token', 'federation'],
    'tessera.storage.v1.StorageSessionsService': ['authorize', 'token', 'admin'],
    'tessera.storage.v1.StorageAdminService': ['admin'],
    'tessera.storage.v1.StorageEventsService': ['authorize', 'token', 'keys', 'federation', 'admin'],
    'tessera.storage.v1.StorageOutboxService': ['events'],
  });
  await service.api.putRecord({ kind: 'client', value: sampleClient('a'), expected: 'absent', actor: '' });
  expect((await service.api.listClients()).clients).toHaveLength(1);
  await service.close();
});

test('events are kept when the configuration says where they go, and otherwise not', async () => {
  for (const events of [undefined, { type: 'stdout' }] as const) {
    const stores = { storage: { type: 'memory' }, ephemeral: { type: 'memory' } } as const;
    const service = await start({ ...stores, ...(events === undefined ? {} : { events }) });
    await service.api.putRecord({ kind: 'client', value: sampleClient('a'), expected: 'absent', actor: '' });
    const taken = await service.api.takeEvents({ workerId: 'w', leaseSeconds: 10, limit: 10 });
    expect(taken.events.map(({ event }) => event.type)).toEqual(events === undefined ? [] : ['client.changed']);
    await service.close();
  }
});

test('what is stored in SQLite is there after a restart', async () => {
  const stores: Stores = {
    storage: { type: 'sqlite3', file: join(folder, 'tessera.db') },
    ephemeral: { type: 'memory' },
  };
  const before = await start(stores);
  await before.api.putRecord({ kind: 'user', value: sampleUser(), expected: 'absent', actor: '' });
  await before.close();
  const after = await start(stores);
  expect(await after.api.findUser('jane@example.org')).toEqual(sampleUser());
  await after.close();
});

test('a store that cannot be opened as configured stops the start with one sentence', async () => {
  const file = join(folder, 'missing', 'tessera.db');
  await expect(start({ storage: { type: 'sqlite3', file }, ephemeral: { type: 'memory' } })).rejects.toMatchObject({
    kind: 'invalid_argument',
    code: 'storage.cannot_open',
    message: `cannot open the SQLite database ${file}: the folder ${join(folder, 'missing')} does not exist`,
  });
  const tls = { caFile: join(folder, 'ca.pem') };
  const topology = { type: 'single', host: 'localhost', port: 1, database: 0 } as const;
  const redis = { type: 'redis', topology, prefix: 'x:', tls } as const;
  await expect(start({ storage: { type: 'memory' }, ephemeral: redis })).rejects.toMatchObject({
    code: 'storage.cannot_open',
    message: `cannot use the TLS file ${tls.caFile}: it does not exist`,
  });
});

test('stores that are down do not stop the start: calls are unavailable until they come', async () => {
  const service = await start({
    storage: {
      type: 'postgres',
      host: '127.0.0.1',
      port: 1,
      database: 'x',
      user: 'x',
      password: 'x',
      connectionTimeoutSeconds: 1,
      maxOpenConns: 1,
      ssl: { mode: 'disable' },
    },
    ephemeral: {
      type: 'redis',
      topology: { type: 'single', host: '127.0.0.1', port: 1, database: 0 },
      prefix: 'x:',
    },
  });
  const failure = { kind: 'unavailable', code: 'storage.unavailable' };
  await expect(service.api.findUser('jane@example.org')).rejects.toMatchObject(failure);
  await expect(service.api.getAuthorizationRequest('x')).rejects.toMatchObject(failure);
  await service.close();
  await service.ready();
});
