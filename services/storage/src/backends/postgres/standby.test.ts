import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { openPool } from './pool.ts';

/** A message of PostgreSQL's protocol. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** A server that lets everybody in, and says of itself that it is a standby for as long as it is. */
async function startServer() {
  let isStandby = true;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const status = `in_hot_standby\0${isStandby ? 'on' : 'off'}\0`;
      socket.write(
        Buffer.concat([
          message('R', Buffer.alloc(4)),
          message('S', Buffer.from(status)),
          message('Z', Buffer.from('I')),
        ]),
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = (mayBeStandby?: boolean) =>
    openPool({
      config: {
        type: 'postgres',
        ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port, database: 'd', user: 'u', password: 'p' },
        connectionTimeoutSeconds: 5,
        maxOpenConns: 2,
        ssl: { mode: 'disable' },
      },
      logger: silentLogger,
      ...(mayBeStandby !== undefined && { mayBeStandby }),
    });
  return {
    open,
    connections: () => connections,
    promote: () => {
      isStandby = false;
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

const use = async (): Promise<string> => 'used';

test('a standby is not asked, not even for what only reads, and once it is promoted it is', async () => {
  await using server = await startServer();
  const pool = server.open();
  for (const connections of [1, 2]) {
    await expect(pool.withClient(use)).rejects.toThrow('is a standby');
    expect(server.connections()).toBe(connections);
  }
  server.promote();
  expect(await pool.withClient(use)).toBe('used');
  await pool.close();
});

test('where a standby will do it is asked', async () => {
  await using server = await startServer();
  const pool = server.open(true);
  expect(await pool.withClient(use)).toBe('used');
  await pool.close();
});
