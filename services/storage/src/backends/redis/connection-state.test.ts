import { type RedisServer, startRedis, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRedisClient } from './client.ts';
import { isReadySoon, watchState } from './connection-state.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 30_000);
afterAll(() => server?.close(), 30_000);

function createClient() {
  const topology = { type: 'single', host: server.host, port: server.port, database: 0 } as const;
  return createRedisClient({ type: 'redis', topology, prefix: 'test:' });
}

test('a client that gave up is started again', async () => {
  const client = createClient();
  const state = watchState(client);
  await client.connect();
  expect(await isReadySoon(state)).toBe(true);
  const ended = new Promise((resolve) => client.once('end', () => resolve(undefined)));
  client.disconnect();
  await ended;
  expect(state.isReady()).toBe(false);
  await waitFor(() => state.isReady(), { what: 'the client to be ready again' });
  expect(await client.ping()).toBe('PONG');
  state.close();
  client.disconnect();
});

test('a client that was closed stays so, and nobody waits for it', async () => {
  const client = createClient();
  const state = watchState(client);
  const waiting = state.nextChange();
  state.close();
  await waiting;
  expect(state.isClosed()).toBe(true);
  expect(await isReadySoon(state)).toBe(false);
  await client.connect();
  const ended = new Promise((resolve) => client.once('end', () => resolve(undefined)));
  client.disconnect();
  await ended;
  expect(client.status).toBe('end');
});
