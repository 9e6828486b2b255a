import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { stillRunning } from './process-tree.ts';
import { startRedis } from './redis.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisSentinel } from './redis-sentinel.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { waitFor } from './wait-for.ts';

const SLOW = { timeout: 40_000 };

test('With TLS a server answers nobody in clear and only clients with a certificate', async () => {
  await using server = await startRedis({ tls: true });
  expect(await server.cli('ping')).toBe('PONG');
  expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`);
  await expect(tcpExchange(server, 'PING\r\n')).rejects.toThrow();
  const ca = await readFile(server.tls?.caFile ?? '');
  const ended = new Promise((resolve) => {
    const socket = connect({ host: server.host, port: server.port, ca }, () => socket.write('PING\r\n'));
    socket.once('error', resolve);
    socket.once('data', () => resolve(new Error('it answered')));
  });
  expect(await ended).toMatchObject({ code: expect.stringMatching(/ECONNRESET|CERTIFICATE_REQUIRED/) });
});

test('A cluster covers all slots, sends clients to the right node, and goes on without one', SLOW, async () => {
  await using cluster = await startRedisCluster();
  expect(cluster.nodes).toHaveLength(3);
  const slot = await cluster.slotOf('key');
  const owner = await cluster.ownerOf(slot);
  expect(await owner.cli('set', 'key', 'value')).toBe('OK');
  const [other, third] = cluster.nodes.filter((node) => node !== owner);
  await expect(other?.cli('get', 'key')).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${owner.port}`);
  await owner.stop('SIGKILL');
  const hasFailed = async () => (await third?.cli('CLUSTER', 'NODES'))?.includes('master,fail ');
  await waitFor(hasFailed, { what: 'the cluster to miss the node' });
  await expect(cluster.ownerOf(slot)).rejects.toThrow(`no node answers for slot ${slot}`);
  expect(await other?.cli('CLUSTER', 'INFO')).toContain('cluster_state:ok');
  await owner.start();
  await waitFor(async () => (await cluster.ownerOf(slot)) === owner, { what: 'the node to be back' });
});

test('A replica of a cluster takes over when its primary crashed', SLOW, async () => {
  await using cluster = await startRedisCluster({ replicas: true });
  const [primary] = cluster.nodes;
  await primary?.stop('SIGKILL');
  const isReplaced = async () => (await cluster.ownerOf(0)) === cluster.replicas[0];
  await waitFor(isReplaced, { what: 'the replica to take over', timeoutMs: 20_000 });
});

test('Sentinels change the primary when asked and when it crashed, and end with their servers', SLOW, async () => {
  const sentinel = await startRedisSentinel();
  const pids = (await Promise.all([...sentinel.nodes, ...sentinel.sentinels].map((server) => server.pids()))).flat();
  expect(pids).toHaveLength(5);
  const first = await sentinel.primary();
  expect(first).toBe(sentinel.nodes[0]);
  await first.cli('set', 'key', 'value');
  const isCopied = async () => (await sentinel.nodes[1]?.cli('get', 'key')) === 'value';
  await waitFor(isCopied, { what: 'the replica to have the value' });
  const second = await sentinel.failover();
  expect(second).toBe(sentinel.nodes[1]);
  expect(await second.cli('get', 'key')).toBe('value');
  expect(await sentinel.killPrimary()).toBe(second);
  expect(await sentinel.promoted(second)).toBe(first);
  expect(await first.cli('get', 'key')).toBe('value');
  await sentinel.close();
  expect(await stillRunning(pids)).toEqual([]);
});
