import { expect, test } from 'vitest';
import { startEtcd } from './etcd.ts';
import { stillRunning } from './process-tree.ts';

test('What was written outlives a stop and a crash, on the same port', async () => {
  await using server = await startEtcd();
  const { port, pid } = server;
  expect(await server.etcdctl('put', 'first', '1')).toBe('OK');
  await server.stop();
  expect(await stillRunning([pid])).toEqual([]);
  await server.start();
  expect(server.port).toBe(port);
  await server.etcdctl('put', 'second', '2');
  await server.stop('SIGKILL');
  await server.start();
  expect(await server.etcdctl('get', '--prefix', '--print-value-only', '')).toBe('1\n2');
});

test('With a password and TLS nobody gets in without both, also after a restart', async () => {
  await using server = await startEtcd({ rootPassword: 'correct horse', tls: { dnsNames: ['etcd.example'] } });
  expect(server.url).toMatch(/^https:/);
  await server.stop();
  await server.start();
  expect(await server.etcdctl('put', 'key', 'value')).toBe('OK');
  await expect(server.etcdctl('--user', 'root:wrong', 'get', 'key')).rejects.toThrow(/invalid user ID or password/);
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
});

test('A command that fails is an error with the words of etcd', async () => {
  await using server = await startEtcd();
  await expect(server.etcdctl('user', 'get', 'nobody')).rejects.toThrow(/user name not found/);
});
