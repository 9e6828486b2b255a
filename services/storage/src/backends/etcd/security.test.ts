import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { EtcdStorageConfig } from '@tessera/config';
import { type Logger, silentLogger } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory, type EtcdServer, startEtcd } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEtcdStore } from './durable.ts';

const PASSWORD = 'correct horse';
const SERVER_NAME = 'etcd.example';

let server: EtcdServer;
beforeAll(async () => {
  server = await startEtcd({ rootPassword: PASSWORD, tls: { dnsNames: [SERVER_NAME] } });
}, 30_000);
afterAll(async () => server.close());

interface Changes {
  readonly user?: Pick<EtcdStorageConfig, 'username' | 'password' | 'passwordFile'>;
  readonly ssl?: EtcdStorageConfig['ssl'];
}

const open = ({ user, ssl }: Changes = {}, logger: Logger = silentLogger) =>
  openEtcdStore({
    config: {
      type: 'etcd',
      endpoints: [server.url],
      namespace: '',
      ...(user ?? { username: 'root', password: PASSWORD }),
      ssl: ssl ?? { serverName: SERVER_NAME, ...server.tls },
    },
    clock: createFakeClock(),
    logger,
    hasOutbox: true,
  });

/** The first complaint of a store that does not become ready. */
async function complaintOf(changes: Changes): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const store = open(changes, { ...silentLogger, warn: resolve });
  const { err } = (await promise) as { readonly err: Error };
  await expect(store.revisions()).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  await store.close();
  return `${err.message}: ${String(err.cause)}`;
}

test('with a password, TLS and the name in the certificate the store works, also after the server forgot who it is', async () => {
  const store = open();
  await store.ready();
  const now = new Date();
  const record = { kind: 'credential', id: 'a', body: '{}', expected: 'any', events: [] } as const;
  expect(await store.writeRecords([record], now)).toEqual([1]);
  // Tokens do not outlive the server.
  await server.stop();
  await server.start();
  expect(await store.writeRecords([record], now)).toEqual([2]);
  await store.close();
}, 30_000);

test('a wrong password is refused, and neither it nor the user stands in the complaint', async () => {
  const complaint = await complaintOf({ user: { username: 'root', password: 'battery staple' } });
  expect(complaint).toMatch(/authentication failed/);
  expect(complaint).not.toContain('battery');
});

test('without a user the store is refused', async () => {
  const complaint = await complaintOf({ user: {} });
  expect(complaint).toMatch(/permission denied|user name is empty/);
});

test('passwords and authorities that change in their files are used as soon as they are needed', async () => {
  await using folder = await createTempDirectory('etcd-access');
  const [caFile, passwordFile] = [join(folder.path, 'ca'), join(folder.path, 'password')];
  await server.etcdctl('user', 'add', 'rotated:old');
  await server.etcdctl('user', 'grant-role', 'rotated', 'root');
  await writeFile(passwordFile, 'old');
  await writeFile(caFile, (await createCertificateAuthority('another')).caPem);
  const user = { username: 'rotated', password: 'old', passwordFile };
  const store = open({ user, ssl: { serverName: SERVER_NAME, ...server.tls, caFile } });
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await copyFile(server.tls?.caFile ?? '', caFile);
  await store.ready();
  // Proofs that were given end with the password.
  await server.etcdctl('user', 'del', 'rotated');
  await server.etcdctl('user', 'add', 'rotated:new');
  await server.etcdctl('user', 'grant-role', 'rotated', 'root');
  await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
  await writeFile(passwordFile, 'new');
  expect(await store.revisions()).toBeDefined();
  await store.close();
}, 30_000);

test('a certificate for another name, or of another authority, is refused', async () => {
  expect(await complaintOf({ ssl: { ...server.tls, serverName: 'other.example' } })).toMatch(/altnames|Hostname/);
  expect(await complaintOf({ ssl: { ...server.tls } })).toMatch(/altnames|IP/);
  const { caFile: _, ...own } = server.tls ?? { caFile: '', certFile: '', keyFile: '' };
  expect(await complaintOf({ ssl: { ...own, serverName: SERVER_NAME } })).toMatch(/certificate/);
}, 30_000);

test('without a certificate of its own the store is refused where the server wants one', async () => {
  const { caFile = '' } = server.tls ?? {};
  expect(await complaintOf({ ssl: { caFile, serverName: SERVER_NAME } })).toMatch(/Error: 14 UNAVAILABLE/);
});

test('a TLS file that cannot be read is named', () => {
  expect(() => open({ ssl: { caFile: '/nowhere/ca.pem' } })).toThrow(
    'cannot use the TLS file /nowhere/ca.pem: it does not exist',
  );
});
