import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisEphemeralConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory, type RedisServer, startRedis } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { leastRights, passOnServer } from '../../conformance/ephemeral-servers.ts';
import { freshId } from '../../conformance/samples.ts';
import { openRedisStore } from './ephemeral.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ tls: true });
  await server.cli('ACL', 'SETUSER', 'tessera', ...leastRights('secret', 'test:'));
}, 30_000);
afterAll(() => server?.close(), 30_000);

function config(overrides: Partial<RedisEphemeralConfig> = {}): RedisEphemeralConfig {
  const topology = { type: 'single', host: server.host, port: server.port, database: 1 } as const;
  const user = { username: 'tessera', password: 'secret' };
  return { type: 'redis', topology, prefix: 'test:', ...(server.tls && { tls: server.tls }), ...user, ...overrides };
}

ephemeralConformance('Redis over TLS, as a user with the least rights', {
  open: async (onCommand) => {
    const store = openRedisStore({ config: config(), logger: silentLogger, onCommand });
    await store.ready();
    return store;
  },
  pass: (seconds) => passOnServer(server, seconds),
  shortTtlSeconds: 1,
  isRealTime: true,
});

async function complaintOf(settings: RedisEphemeralConfig): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const store = openRedisStore({ config: settings, logger: { ...silentLogger, warn: resolve } });
  const complaint = await promise;
  await expect(store.getRequest(freshId())).rejects.toMatchObject({ code: 'storage.unavailable' });
  await store.close();
  return complaint;
}

test('a server whose certificate another authority signed is told nothing', async () => {
  await using directory = await createTempDirectory('authority');
  const caFile = join(directory.path, 'ca.pem');
  await writeFile(caFile, (await createCertificateAuthority('another')).caPem);
  const complaint = await complaintOf(config({ tls: { ...server.tls, caFile } }));
  expect(complaint).toMatchObject({ err: { code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED|SIGNATURE/) } });
});

test('a server whose certificate is for another name is told nothing', async () => {
  // Every address of 127.0.0.0/8 is this machine.
  const other = await startRedis({ tls: true, settings: { bind: '127.0.0.1 127.0.0.2' } });
  const topology = { type: 'single', host: '127.0.0.2', port: other.port, database: 0 } as const;
  const complaint = await complaintOf(config({ topology, ...(other.tls && { tls: other.tls }) }));
  await other.close();
  expect(complaint).toMatchObject({ err: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
});

test('a client without a certificate is not ready', async () => {
  const { caFile = '' } = server.tls ?? {};
  expect(await complaintOf(config({ tls: { caFile } }))).toMatchObject({ err: expect.any(Error) });
});
