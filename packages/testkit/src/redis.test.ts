import { expect, test } from 'vitest';
import { stillRunning } from './process-tree.ts';
import { startRedis } from './redis.ts';
import { waitFor } from './wait-for.ts';

test('Without persistence a restart on the same port finds nothing', async () => {
  await using server = await startRedis();
  const { port, pid } = server;
  expect(await server.cli('set', 'key', 'value')).toBe('OK');
  expect(await server.cli('get', 'key')).toBe('value');
  await server.stop();
  expect(await stillRunning([pid])).toEqual([]);
  await server.start();
  expect(server.port).toBe(port);
  expect(await server.cli('exists', 'key')).toBe('0');
});

test('With persistence data outlives a stop and a crash', async () => {
  await using server = await startRedis({ persistence: 'always' });
  await server.cli('set', 'first', '1');
  await server.stop();
  await server.start();
  await server.cli('set', 'second', '2');
  await server.stop('SIGKILL');
  await server.start();
  expect(await server.cli('mget', 'first', 'second')).toBe('1\n2');
});

test('A server that ended by itself counts as stopped and can be started again', async () => {
  await using server = await startRedis();
  process.kill(server.pid, 'SIGKILL');
  await waitFor(async () => (await server.pids()).length === 0, { what: 'the end of Redis' });
  await server.start();
  expect(await server.cli('ping')).toBe('PONG');
});

test('An error reply of a command is an error', async () => {
  await using server = await startRedis();
  await expect(server.cli('incr')).rejects.toThrow('wrong number of arguments');
});

test('A port that is taken is an error, so that no other server is mistaken for the new one', async () => {
  await using server = await startRedis();
  await expect(startRedis({ port: server.port })).rejects.toThrow(`port ${server.port} of 127.0.0.1 is taken`);
  expect(await server.cli('ping')).toBe('PONG');
});

test('A server that cannot start is reported with the words of Redis', async () => {
  await expect(startRedis({ settings: { 'tcp-backlog': 'x' } })).rejects.toThrow(
    /Redis did not start[\s\S]*tcp-backlog/,
  );
});
